#include "weight_copies.h"

#include <ATen/ops/lerp.h>

namespace ravine {

void average_weights(ParameterStore& store, double share) {
  const WeightCopy& average = store.weight_copy(kAverage);
  at::Tensor masters = average.masters, buffers = average.buffers;
  masters.lerp_(store.masters(), share);
  buffers.lerp_(store.buffers(), share);
}

void look_ahead(ParameterStore& store, double share) {
  at::Tensor slow = store.weight_copy(kSlow).masters;
  slow.lerp_(store.masters(), share);
  store.masters().copy_(slow);
  if (store.copies().defined()) store.copies().copy_(slow);
}

}  // namespace ravine
