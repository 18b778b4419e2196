// A primitive layer: its forward pass, and its backward pass from what the forward pass kept.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "numerics.h"
#include "parameters.h"
#include "philox.h"
#include "program.h"

namespace ravine {

using Tensors = std::vector<at::Tensor>;

struct Pass {
  bool training = false;
  PhiloxKey dropout_key{};
  int64_t first_sample = 0;  // place in the step's batch of the first of these samples
};

class Layer {
 public:
  virtual ~Layer() = default;
  /// Keeps what `backward` needs when `pass.training`.
  virtual at::Tensor forward(const Tensors& inputs, const Pass& pass) = 0;
  /// Sets the gradients of the layer's parameters and returns those of its inputs (undefined where not `wanted`).
  /// Releases what `forward` kept.
  virtual Tensors backward(at::Tensor gradient, const std::vector<bool>& wanted) = 0;
};

/// What a layer may use while it is built; references outlive the layer.
struct LayerContext {
  const std::string& kind;  // of the unit: that of its node, or kinds joined by "+"
  const Node& node;         // the unit's first
  int index;                // of that node in the program
  ParameterStore& store;
  const Numerics& numerics;
  bool may_overwrite_input;  // nobody else reads the first input's memory
};

/// Whether nobody but the holder of `tensor` can see its memory.
inline bool is_sole_owner(const at::Tensor& tensor) {
  return tensor.use_count() == 1 && tensor.storage().use_count() == 1;
}

using LayerPointer = std::unique_ptr<Layer>;

LayerPointer make_layer(const LayerContext& context);

LayerPointer make_conv2d(const LayerContext& context);
LayerPointer make_fused_conv_pool(const LayerContext& context);
LayerPointer make_batch_norm(const LayerContext& context);
LayerPointer make_fused_batch_norm(const LayerContext& context);
LayerPointer make_fused_batch_norm_pool(const LayerContext& context);
LayerPointer make_relu(const LayerContext& context);
LayerPointer make_fused_relu(const LayerContext& context);
LayerPointer make_max_pool(const LayerContext& context);
LayerPointer make_fused_max_pool(const LayerContext& context);
LayerPointer make_avg_pool(const LayerContext& context);
LayerPointer make_global_average_pool(const LayerContext& context);
LayerPointer make_flatten(const LayerContext& context);
LayerPointer make_linear(const LayerContext& context);
LayerPointer make_dropout(const LayerContext& context);
LayerPointer make_add(const LayerContext& context);
LayerPointer make_activation(const LayerContext& context);
LayerPointer make_group_norm(const LayerContext& context);
LayerPointer make_layer_norm(const LayerContext& context);
LayerPointer make_concat(const LayerContext& context);
LayerPointer make_multiply(const LayerContext& context);
LayerPointer make_scale(const LayerContext& context);
LayerPointer make_channel_scale(const LayerContext& context);
LayerPointer make_stochastic_depth(const LayerContext& context);
LayerPointer make_global_max_pool(const LayerContext& context);

}  // namespace ravine
