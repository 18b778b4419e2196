#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>

#include "layers/layer.h"

namespace ravine {
namespace {

class Conv2d : public Layer {
 public:
  explicit Conv2d(const LayerContext& c)
      : stride_{c.node.stride, c.node.stride},
        padding_{c.node.padding, c.node.padding},
        groups_(c.node.groups),
        weight_(c.store.parameter(c.node.name + ".weight")),
        bias_(c.node.bias ? &c.store.parameter(c.node.name + ".bias") : nullptr) {}

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    if (pass.training) input_ = inputs[0];
    const at::Tensor bias = bias_ != nullptr ? bias_->value : at::Tensor();
    return at::convolution(inputs[0], weight_.value, bias, stride_, padding_, kOnes, false, kZeros, groups_);
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>& wanted) override {
    const std::vector<int64_t> bias_shape{weight_.shape[0]};
    auto [input, weight, bias] =
        at::convolution_backward(gradient, input_, weight_.value, bias_shape, stride_, padding_, kOnes, false, kZeros,
                                 groups_, {wanted[0], true, bias_ != nullptr});
    weight_.gradient = weight.contiguous(weight_.format);
    if (bias_ != nullptr) bias_->gradient = bias.contiguous();
    input_.reset();
    return {input};
  }

 private:
  inline static const std::vector<int64_t> kOnes{1, 1};
  inline static const std::vector<int64_t> kZeros{0, 0};

  std::vector<int64_t> stride_, padding_;
  int64_t groups_;
  Parameter& weight_;
  Parameter* bias_;
  at::Tensor input_;
};

}  // namespace

LayerPointer make_conv2d(const LayerContext& context) { return std::make_unique<Conv2d>(context); }

}  // namespace ravine
