#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/slice.h>

#include <limits>
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
    if (wants_weight && skips_pixels()) {
      set_gradients(gradient, pixels_read(), kOnes, false);
      return wants_input ? set_gradients(gradient, input_, stride_, true, false) : at::Tensor();
    }
    if (!wants_input && !wants_weight) return {};
    return set_gradients(gradient, input_, stride_, wants_input, wants_weight);
  }

  /// Those of the weights and the bias, where they are wanted; the input's gradient comes back.
  at::Tensor set_gradients(const at::Tensor& gradient, const at::Tensor& seen, const std::vector<int64_t>& stride,
                           bool wants_input, bool wants_weight = true) {
    const std::vector<int64_t> bias_shape{weight_.shape[0]};
    at::Tensor input, weight, bias;
    std::tie(input, weight, bias) =
        at::convolution_backward(gradient, seen, weight_.value, bias_shape, stride, padding_, kOnes, false, kZeros,
                                 node_.groups, {wants_input, wants_weight, wants_weight && bias_ != nullptr});
    if (wants_weight) weight_.gradient = weight.contiguous(weight_.format);
    if (wants_weight && bias_ != nullptr) bias_->gradient = bias.contiguous();
    return input;
  }

  /// For the weight gradient of such a convolution with fewer channels than a vector, oneDNN (issue 6035) writes past
  /// the memory that it gathers the pixels in; they are gathered here instead.
  bool skips_pixels() const {
    return input_.is_cpu() && node_.kernel == 1 && node_.stride > 1 && node_.padding == 0 &&
           input_.size(1) / node_.groups < kWidestVector;
  }

  /// What a convolution of 1×1 reads of its input.
  at::Tensor pixels_read() const {
    constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();
    const at::Tensor rows = at::slice(input_, 2, 0, kEnd, node_.stride);
    return at::slice(rows, 3, 0, kEnd, node_.stride).contiguous(weight_.format);
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

  static constexpr int64_t kWidestVector = 16;
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
