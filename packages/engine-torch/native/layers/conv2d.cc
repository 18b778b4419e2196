#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>

#include <tuple>

#include "convolution/weight_gradient.h"
#include "convolution/winograd.h"
#include "layers/elements.h"
#include "layers/layer.h"

namespace ravine {
namespace {

/// libtorch's convolution (oneDNN on the CPU), and kernels of our own in bf16 where they are faster.
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
    const ConvSizes sizes = sizes_for(inputs[0]);
    if (suits_own_kernels(inputs[0]) && has_winograd(sizes)) return own_forward(sizes, inputs[0]);
    const at::Tensor bias = bias_ != nullptr ? bias_->value : at::Tensor();
    return at::convolution(inputs[0], weight_.value, bias, stride_, padding_, kOnes, false, kZeros, groups_);
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>& wanted) override {
    const ConvSizes sizes = sizes_for(input_);
    const bool is_own = suits_own_kernels(input_);
    bool wants_input = wanted[0], wants_weight = true;
    at::Tensor input;
    if (is_own && (has_winograd(sizes) || has_conv_weight_gradient(sizes))) {
      gradient = gradient.contiguous(weight_.format);
      set_own_gradients(sizes, gradient);
      wants_weight = false;
    }
    if (is_own && wants_input && has_winograd(sizes)) {
      input = own_input_gradient(sizes, gradient);
      wants_input = false;
    }
    if (wants_input || wants_weight) {
      const std::vector<int64_t> bias_shape{weight_.shape[0]};
      at::Tensor rest, weight, bias;
      std::tie(rest, weight, bias) =
          at::convolution_backward(gradient, input_, weight_.value, bias_shape, stride_, padding_, kOnes, false, kZeros,
                                   groups_, {wants_input, wants_weight, wants_weight && bias_ != nullptr});
      if (wants_input) input = rest;
      if (wants_weight) weight_.gradient = weight.contiguous(weight_.format);
      if (wants_weight && bias_ != nullptr) bias_->gradient = bias.contiguous();
    }
    input_.reset();
    return {input};
  }

 private:
  bool suits_own_kernels(const at::Tensor& input) const {
    return input.is_cpu() && input.scalar_type() == at::kBFloat16 && groups_ == 1;
  }

  ConvSizes sizes_for(const at::Tensor& input) const {
    const int64_t kernel = weight_.shape[2], stride = stride_[0], padding = padding_[0];
    const auto out = [&](int64_t size) { return (size + 2 * padding - kernel) / stride + 1; };
    return {input.size(0), input.size(2),    input.size(3), input.size(1), out(input.size(2)), out(input.size(3)),
            weight_.shape[0], kernel,        stride,        padding};
  }

  at::Tensor own_forward(const ConvSizes& s, const at::Tensor& input) const {
    const at::Tensor x = input.contiguous(weight_.format);
    at::Tensor output = at::empty({s.samples, s.outputs, s.out_height, s.out_width}, x.options(), weight_.format);
    winograd_forward(s, elements<Bits16>(x), elements<Bits16>(weight_.value),
                     bias_ != nullptr ? elements<Bits16>(bias_->value) : nullptr, elements<Bits16>(output));
    return output;
  }

  at::Tensor own_input_gradient(const ConvSizes& s, const at::Tensor& gradient) const {
    at::Tensor input = at::empty({s.samples, s.inputs, s.height, s.width}, gradient.options(), weight_.format);
    winograd_input_gradient(s, elements<Bits16>(gradient), elements<Bits16>(weight_.value), elements<Bits16>(input));
    return input;
  }

  /// Sets the gradients of the weights and the bias.
  void set_own_gradients(const ConvSizes& sizes, const at::Tensor& gradient) {
    const at::Tensor x = input_.contiguous(weight_.format);
    const auto options = at::TensorOptions().dtype(at::kFloat);
    // Kept from step to step: what is allocated anew between activations that are being freed leaves holes.
    if (!weight_.gradient.defined()) weight_.gradient = at::empty(weight_.shape, options.memory_format(weight_.format));
    if (bias_ != nullptr && !bias_->gradient.defined()) bias_->gradient = at::empty(bias_->shape, options);
    const auto compute = has_winograd(sizes) ? winograd_weight_gradient : conv_weight_gradient;
    compute(sizes, elements<Bits16>(x), elements<Bits16>(gradient), weight_.gradient.data_ptr<float>(),
            bias_ != nullptr ? bias_->gradient.data_ptr<float>() : nullptr);
  }

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
