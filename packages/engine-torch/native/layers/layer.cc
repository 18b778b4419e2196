#include "layers/layer.h"

#include "errors.h"
#include "fusion.h"

namespace ravine {

LayerPointer make_layer(const LayerContext& context) {
  const std::string& kind = context.kind;
  const bool fused = context.numerics.has_fused_layers();
  if (kind == "conv2d") return make_conv2d(context);
  if (kind == "conv2d+relu+max-pool") return make_fused_conv_pool(context);
  if (kind == "batch-norm") return fused ? make_fused_batch_norm(context) : make_batch_norm(context);
  if (kind == "batch-norm+relu" || kind == "batch-norm+add+relu") return make_fused_batch_norm(context);
  if (kind == "batch-norm+relu+max-pool") return make_fused_batch_norm_pool(context);
  if (kind == "relu") return fused ? make_fused_relu(context) : make_relu(context);
  if (kind == "relu+max-pool") return make_fused_max_pool(context);
  if (kind == "max-pool") {
    return fused && pools_by_two(context.node) ? make_fused_max_pool(context) : make_max_pool(context);
  }
  if (kind == "avg-pool") return make_avg_pool(context);
  if (kind == "global-average-pool") return make_global_average_pool(context);
  if (kind == "flatten") return make_flatten(context);
  if (kind == "linear") return make_linear(context);
  if (kind == "dropout") return make_dropout(context);
  if (kind == "add") return make_add(context);
  if (kind == "group-norm") return make_group_norm(context);
  if (kind == "layer-norm") return make_layer_norm(context);
  if (kind == "concat") return make_concat(context);
  if (kind == "multiply") return make_multiply(context);
  if (kind == "scale") return make_scale(context);
  if (kind == "channel-scale") return make_channel_scale(context);
  if (kind == "stochastic-depth") return make_stochastic_depth(context);
  if (kind == "global-max-pool") return make_global_max_pool(context);
  if (LayerPointer activation = make_activation(context)) return activation;
  throw unsupported("node " + context.node.name + ": kind " + kind + " is not known to this engine");
}

}  // namespace ravine
