// Layers that multiply by a factor: a constant, one learned per channel, or one drawn per sample.
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/sum.h>

#include <cmath>

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

/// Keeps or drops whole samples. The draw is that of dropout, with the sample's place in the batch as the element.
class StochasticDepth : public Layer {
 public:
  explicit StochasticDepth(const LayerContext& c)
      : index_(static_cast<uint32_t>(c.index)),
        threshold_(static_cast<uint32_t>(std::ceil(c.node.rate * 16777216.0))),
        scale_(static_cast<float>(1 / (1 - c.node.rate))),
        numerics_(c.numerics) {}

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    if (!pass.training) return inputs[0];
    const int64_t batch = inputs[0].size(0);
    at::Tensor factors = at::empty({batch}, at::TensorOptions().dtype(at::kFloat));
    float* values = factors.data_ptr<float>();
    for (int64_t n = 0; n < batch; ++n) {
      const int64_t sample = pass.first_sample + n;
      const PhiloxBlock words = philox({static_cast<uint32_t>(sample / 4), 0, index_, 0}, pass.dropout_key);
      values[n] = (words[sample % 4] >> 8) >= threshold_ ? scale_ : 0.0f;
    }
    std::vector<int64_t> shape(inputs[0].dim(), 1);
    shape[0] = batch;
    factors_ = factors.view(shape).to(numerics_.device, numerics_.compute);
    return inputs[0] * factors_;
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>&) override {
    at::Tensor input = gradient * factors_;
    factors_.reset();
    return {input};
  }

 private:
  uint32_t index_, threshold_;
  float scale_;
  Numerics numerics_;
  at::Tensor factors_;
};

}  // namespace

LayerPointer make_scale(const LayerContext& context) { return std::make_unique<Scale>(context); }
LayerPointer make_channel_scale(const LayerContext& context) { return std::make_unique<ChannelScale>(context); }
LayerPointer make_stochastic_depth(const LayerContext& context) { return std::make_unique<StochasticDepth>(context); }

}  // namespace ravine
