#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>

#include <tuple>

#include "convolution/weight_gradient.h"
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
    const bool is_done = set_own_gradients(gradient);
    at::Tensor input;
    if (wanted[0] || !is_done) {
      const std::vector<int64_t> bias_shape{weight_.shape[0]};
      at::Tensor weight, bias;
      std::tie(input, weight, bias) =
          at::convolution_backward(gradient, input_, weight_.value, bias_shape, stride_, padding_, kOnes, false, kZeros,
                                   groups_, {wanted[0], !is_done, !is_done && bias_ != nullptr});
      if (!is_done) weight_.gradient = weight.contiguous(weight_.format);
      if (!is_done && bias_ != nullptr) bias_->gradient = bias.contiguous();
    }
    input_.reset();
    return {input};
  }

 private:
  /// Sets the gradients of the weights and the bias where we compute them faster than libtorch.
  bool set_own_gradients(const at::Tensor& gradient) {
    if (!input_.is_cpu() || input_.scalar_type() != at::kBFloat16 || groups_ != 1) return false;
    const ConvSizes sizes{input_.size(0),    input_.size(2),    input_.size(3), input_.size(1), gradient.size(2),
                          gradient.size(3),  gradient.size(1),  weight_.shape[2], stride_[0], padding_[0]};
    if (!has_conv_weight_gradient(sizes)) return false;
    const at::Tensor x = input_.contiguous(weight_.format), g = gradient.contiguous(weight_.format);
    const auto options = at::TensorOptions().dtype(at::kFloat);
    weight_.gradient = at::empty(weight_.shape, options.memory_format(weight_.format));
    if (bias_ != nullptr) bias_->gradient = at::empty(bias_->shape, options);
    conv_weight_gradient(sizes, static_cast<const Bits16*>(x.data_ptr()), static_cast<const Bits16*>(g.data_ptr()),
                         weight_.gradient.data_ptr<float>(),
                         bias_ != nullptr ? bias_->gradient.data_ptr<float>() : nullptr);
    return true;
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
