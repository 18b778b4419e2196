#include "layers/layer.h"

#include "errors.h"

namespace ravine {

LayerPointer make_layer(const LayerContext& context) {
  const std::string& kind = context.node.kind;
  if (kind == "conv2d") return make_conv2d(context);
  if (kind == "batch-norm") return make_batch_norm(context);
  if (kind == "relu") return make_relu(context);
  if (kind == "max-pool") return make_max_pool(context);
  if (kind == "avg-pool") return make_avg_pool(context);
  if (kind == "global-average-pool") return make_global_average_pool(context);
  if (kind == "flatten") return make_flatten(context);
  if (kind == "linear") return make_linear(context);
  if (kind == "dropout") return make_dropout(context);
  if (kind == "add") return make_add(context);
  throw unsupported("node " + context.node.name + ": kind " + kind + " is not known to this engine");
}

}  // namespace ravine
