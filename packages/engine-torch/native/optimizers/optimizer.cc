#include "optimizer.h"

#include "errors.h"

namespace ravine {

std::unique_ptr<Optimizer> make_optimizer(const OptimizerSpec& spec, const Groups& groups) {
  if (spec.kind == "sgd") return make_sgd(spec, groups);
  if (spec.kind == "adagrad") return make_adagrad(spec, groups);
  if (spec.kind == "rmsprop") return make_rmsprop(spec, groups);
  if (spec.kind == "adam") return make_adam(spec, groups);
  if (spec.kind == "radam") return make_radam(spec, groups);
  throw unsupported("optimizer kind " + spec.kind + " is not known to this engine");
}

}  // namespace ravine
