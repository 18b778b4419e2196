#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>

#include <tuple>

#include "convolution/weight_gradient.h"
#include "layers/elements.h"
#include "layers/winograd_conv.h"

namespace ravine {
namespace {

/// libtorch's convolution (oneDNN on the CPU), and kernels of our own where they are faster.
class Conv2d : public Layer {
 public:
  explicit Conv2d(const LayerContext& c)
      : node_(c.node),
        stride_{c.node.stride, c.node.stride},
        padding_{c.node.padding, c.node.padding},
        weight_(c.store.parameter(c.node.name + ".weight")),
        bias_(c.node.bias ? &c.store.parameter(c.node.name + ".bias") : nullptr),
        winograd_(c) {}

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    if (pass.training) input_ = inputs[0];
    if (winograd_.suits(inputs[0])) return winograd_.forward(inputs[0]);
    const at::Tensor bias = bias_ != nullptr ? bias_->value : at::Tensor();
    return at::convolution(inputs[0], weight_.value, bias, stride_, padding_, kOnes, false, kZeros, node_.groups);
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>& wanted) override {
    at::Tensor input;
    if (winograd_.suits(input_)) {
      gradient = gradient.contiguous(weight_.format);
      winograd_.set_parameter_gradients(input_, gradient, {});
      if (wanted[0]) input = winograd_.input_gradient(input_, gradient, {});
    } else {
      input = plain_backward(gradient, wanted[0]);
    }
    input_.reset();
    return {input};
  }

 private:
  at::Tensor plain_backward(const at::Tensor& gradient, bool wants_input) {
    const bool wants_weight = !set_own_gradients(gradient);
    if (!wants_input && !wants_weight) return {};
    const std::vector<int64_t> bias_shape{weight_.shape[0]};
    at::Tensor input, weight, bias;
    std::tie(input, weight, bias) =
        at::convolution_backward(gradient, input_, weight_.value, bias_shape, stride_, padding_, kOnes, false, kZeros,
                                 node_.groups, {wants_input, wants_weight, wants_weight && bias_ != nullptr});
    if (wants_weight) weight_.gradient = weight.contiguous(weight_.format);
    if (wants_weight && bias_ != nullptr) bias_->gradient = bias.contiguous();
    return input;
  }

  /// Sets the gradients of the weights and the bias where we sum them faster than libtorch.
  bool set_own_gradients(const at::Tensor& gradient) {
    if (!input_.is_cpu() || input_.scalar_type() != at::kBFloat16 || node_.groups != 1) return false;
    const ConvSizes sizes = conv_sizes(node_, input_);
    if (!has_conv_weight_gradient(sizes)) return false;
    const at::Tensor x = input_.contiguous(weight_.format), g = gradient.contiguous(weight_.format);
    conv_weight_gradient(sizes, elements<Bits16>(x), elements<Bits16>(g), own_gradient(weight_),
                         bias_ != nullptr ? own_gradient(*bias_) : nullptr);
    return true;
  }

  inline static const std::vector<int64_t> kOnes{1, 1};
  inline static const std::vector<int64_t> kZeros{0, 0};

  const Node node_;
  const std::vector<int64_t> stride_, padding_;
  Parameter& weight_;
  Parameter* bias_;
  WinogradConv winograd_;
  at::Tensor input_;
};

}  // namespace

LayerPointer make_conv2d(const LayerContext& context) { return std::make_unique<Conv2d>(context); }

}  // namespace ravine
