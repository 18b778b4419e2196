#include "layers/winograd_conv.h"

#include <ATen/ops/empty.h>

#include "layers/elements.h"

namespace ravine {
namespace {

/// A gradient as the kernels take it.
template <class T>
auto values_of(const at::Tensor& gradient, const at::Tensor& winners) {
  if constexpr (std::is_same_v<T, float>) {
    return elements<float>(gradient);
  } else {
    return ImageValues{elements<Bits16>(gradient), winners.defined() ? winners.data_ptr<uint8_t>() : nullptr};
  }
}

template <class T>
const T* values_or_null(const Parameter* parameter) {
  return parameter != nullptr ? elements<T>(parameter->value) : nullptr;
}

}  // namespace

ConvSizes conv_sizes(const Node& node, const at::Tensor& images) {
  const auto out = [&](int64_t size) { return (size + 2 * node.padding - node.kernel) / node.stride + 1; };
  return {images.size(0),         images.size(2), images.size(3), images.size(1), out(images.size(2)),
          out(images.size(3)),    node.shape[0],  node.kernel,    node.stride,    node.padding};
}

float* own_gradient(Parameter& parameter) {
  if (!parameter.gradient.defined() || parameter.gradient.scalar_type() != at::kFloat) {
    const auto options = at::TensorOptions().dtype(at::kFloat);
    parameter.gradient = at::empty(parameter.shape, options.memory_format(parameter.format));
  }
  return parameter.gradient.data_ptr<float>();
}

WinogradConv::WinogradConv(const LayerContext& c)
    : node_(c.node),
      numerics_(c.numerics),
      weight_(c.store.parameter(c.node.name + ".weight")),
      bias_(c.node.bias ? &c.store.parameter(c.node.name + ".bias") : nullptr) {}

bool WinogradConv::suits(const at::Tensor& images) const {
  if (!numerics_.has_fused_layers() || node_.groups != 1) return false;
  const ConvSizes sizes = conv_sizes(node_, images);
  return numerics_.compute == at::kBFloat16 ? has_winograd<Bits16>(sizes) : has_winograd<float>(sizes);
}

at::Tensor WinogradConv::forward(const at::Tensor& images) const {
  const ConvSizes s = conv_sizes(node_, images);
  const at::Tensor x = images.contiguous(numerics_.format);
  at::Tensor output = at::empty({s.samples, s.outputs, s.out_height, s.out_width}, x.options(), numerics_.format);
  with_elements(x, [&](auto type) {
    using T = decltype(type);
    winograd_forward(s, elements<T>(x), elements<T>(weight_.value), values_or_null<T>(bias_), {elements<T>(output)});
  });
  return output;
}

WinogradConv::Pooled WinogradConv::forward_pooled(const at::Tensor& images) const {
  const ConvSizes s = conv_sizes(node_, images);
  const at::Tensor x = images.contiguous(numerics_.format);
  const std::vector<int64_t> shape{s.samples, s.outputs, s.out_height / 2, s.out_width / 2};
  Pooled pooled{at::empty(shape, x.options(), numerics_.format),
                at::empty(shape, x.options().dtype(at::kByte), numerics_.format)};
  winograd_forward(s, elements<Bits16>(x), elements<Bits16>(weight_.value), values_or_null<Bits16>(bias_),
                   {elements<Bits16>(pooled.values), pooled.winners.data_ptr<uint8_t>()});
  return pooled;
}

at::Tensor WinogradConv::input_gradient(const at::Tensor& images, const at::Tensor& gradient,
                                        const at::Tensor& winners) const {
  at::Tensor input = at::empty(images.sizes(), gradient.options(), numerics_.format);
  with_elements(gradient, [&](auto type) {
    using T = decltype(type);
    winograd_input_gradient(conv_sizes(node_, images), values_of<T>(gradient, winners), elements<T>(weight_.value),
                            elements<T>(input));
  });
  return input;
}

void WinogradConv::set_parameter_gradients(const at::Tensor& images, const at::Tensor& gradient,
                                           const at::Tensor& winners) {
  const at::Tensor x = images.contiguous(numerics_.format);
  float* weight = own_gradient(weight_);
  float* bias = bias_ != nullptr ? own_gradient(*bias_) : nullptr;
  with_elements(x, [&](auto type) {
    using T = decltype(type);
    winograd_weight_gradient(conv_sizes(node_, images), elements<T>(x), values_of<T>(gradient, winners), weight, bias);
  });
}

bool pools_by_winograd(const Program& program, const Node& node, const Numerics& numerics) {
  if (!numerics.device.is_cpu() || numerics.compute != at::kBFloat16 || node.groups != 1) return false;
  const int input = node.inputs[0];
  const Shape image = input == kInput ? Shape{program.channels, program.height, program.width}
                                      : program.nodes[input].shape;
  const int64_t height = node.shape[1], width = node.shape[2];
  const ConvSizes sizes{1,      image[1],      image[2],    image[0],    height,
                        width,  node.shape[0], node.kernel, node.stride, node.padding};
  return height % 2 == 0 && width % 2 == 0 && has_winograd<Bits16>(sizes);
}

}  // namespace ravine
