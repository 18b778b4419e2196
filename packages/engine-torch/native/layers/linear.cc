#include <ATen/ops/addmm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sum.h>

#include "layers/layer.h"

namespace ravine {
namespace {

/// y = x Wᵀ + b
class Linear : public Layer {
 public:
  explicit Linear(const LayerContext& c)
      : weight_(c.store.parameter(c.node.name + ".weight")),
        bias_(c.node.bias ? &c.store.parameter(c.node.name + ".bias") : nullptr),
        master_(c.numerics.master) {}

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    if (pass.training) input_ = inputs[0];
    const at::Tensor transposed = weight_.value.t();
    return bias_ != nullptr ? at::addmm(bias_->value, inputs[0], transposed) : at::mm(inputs[0], transposed);
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>& wanted) override {
    weight_.gradient = at::mm(gradient.t(), input_).contiguous();
    if (bias_ != nullptr) bias_->gradient = at::sum(gradient, at::IntArrayRef{0}, false, master_);
    input_.reset();
    return {wanted[0] ? at::mm(gradient, weight_.value) : at::Tensor()};
  }

 private:
  Parameter& weight_;
  Parameter* bias_;
  at::ScalarType master_;
  at::Tensor input_;
};

}  // namespace

LayerPointer make_linear(const LayerContext& context) { return std::make_unique<Linear>(context); }

}  // namespace ravine
