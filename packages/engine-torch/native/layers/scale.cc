// Layers that multiply by a factor: a constant, or one learned per channel.
#include <ATen/TensorOperators.h>
#include <ATen/ops/sum.h>

#include "layers/layer.h"

namespace ravine {
namespace {

class Scale : public Layer {
 public:
  explicit Scale(const LayerContext& c) : value_(c.node.value) {}

  at::Tensor forward(const Tensors& inputs, const Pass&) override { return inputs[0] * value_; }
  Tensors backward(at::Tensor gradient, const std::vector<bool>&) override { return {gradient * value_}; }

 private:
  double value_;
};

/// y = γ·x with one γ per channel.
class ChannelScale : public Layer {
 public:
  explicit ChannelScale(const LayerContext& c)
      : scale_(c.store.parameter(c.node.name + ".weight")), master_(c.numerics.master), compute_(c.numerics.compute) {}

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    if (pass.training) input_ = inputs[0];
    return inputs[0] * factor(inputs[0].dim());
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>& wanted) override {
    std::vector<int64_t> others{0};
    if (gradient.dim() == 4) others = {0, 2, 3};
    scale_.gradient = at::sum(gradient * input_, others, false, master_);
    input_.reset();
    return {wanted[0] ? gradient * factor(gradient.dim()) : at::Tensor()};
  }

 private:
  at::Tensor factor(int64_t dimensions) const {
    const at::Tensor scale = scale_.value.to(compute_);
    return dimensions == 4 ? scale.view({1, -1, 1, 1}) : scale;
  }

  Parameter& scale_;
  at::ScalarType master_, compute_;
  at::Tensor input_;
};

}  // namespace

LayerPointer make_scale(const LayerContext& context) { return std::make_unique<Scale>(context); }
LayerPointer make_channel_scale(const LayerContext& context) { return std::make_unique<ChannelScale>(context); }

}  // namespace ravine
