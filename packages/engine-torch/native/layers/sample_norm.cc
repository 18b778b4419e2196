// Normalisations within one sample: group normalisation, and layer normalisation over the channels of each pixel.
#include <ATen/ops/native_group_norm.h>
#include <ATen/ops/native_group_norm_backward.h>
#include <ATen/ops/native_layer_norm.h>
#include <ATen/ops/native_layer_norm_backward.h>

#include "layers/layer.h"

namespace ravine {
namespace {

/// What both share. They compute in the master type also where activations are bf16.
class SampleNorm : public Layer {
 public:
  explicit SampleNorm(const LayerContext& c)
      : numerics_(c.numerics),
        epsilon_(c.node.epsilon),
        groups_(c.node.groups),
        scale_(c.store.parameter(c.node.name + ".weight")),
        shift_(c.store.parameter(c.node.name + ".bias")) {}

 protected:
  void set_gradients(const at::Tensor& scale, const at::Tensor& shift) {
    scale_.gradient = scale.contiguous();
    shift_.gradient = shift.contiguous();
    input_.reset();
    mean_.reset();
    inverse_deviation_.reset();
  }

  /// A value of this layer as the other layers take it.
  at::Tensor outward(const at::Tensor& value) const {
    const at::Tensor output = value.to(numerics_.compute);
    return output.dim() == 4 ? output.contiguous(numerics_.format) : output;
  }

  Numerics numerics_;
  double epsilon_;
  int64_t groups_;
  Parameter& scale_;
  Parameter& shift_;
  at::Tensor input_, mean_, inverse_deviation_;
};

class GroupNorm : public SampleNorm {
 public:
  using SampleNorm::SampleNorm;

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    const at::Tensor x = plain(inputs[0]);
    auto [output, mean, inverse_deviation] = at::native_group_norm(x, scale_.value, shift_.value, x.size(0), x.size(1),
                                                                   area(x), groups_, epsilon_);
    if (pass.training) {
      input_ = inputs[0];
      mean_ = mean;
      inverse_deviation_ = inverse_deviation;
    }
    return outward(output);
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>& wanted) override {
    const at::Tensor x = plain(input_);
    auto [input, scale, shift] =
        at::native_group_norm_backward(plain(gradient), x, mean_, inverse_deviation_, scale_.value, x.size(0),
                                       x.size(1), area(x), groups_, {wanted[0], true, true});
    set_gradients(scale, shift);
    return {wanted[0] ? outward(input) : at::Tensor()};
  }

 private:
  /// In N, C, H, W order, in which a group's values lie side by side.
  at::Tensor plain(const at::Tensor& value) const { return value.to(numerics_.master).contiguous(); }
  static int64_t area(const at::Tensor& x) { return x.numel() / (x.size(0) * x.size(1)); }
};

class LayerNorm : public SampleNorm {
 public:
  using SampleNorm::SampleNorm;

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    const at::Tensor x = rows(inputs[0]);
    auto [output, mean, inverse_deviation] =
        at::native_layer_norm(x, scale_.shape, scale_.value, shift_.value, epsilon_);
    if (pass.training) {
      input_ = inputs[0];
      mean_ = mean;
      inverse_deviation_ = inverse_deviation;
    }
    return outward(images(output));
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>& wanted) override {
    auto [input, scale, shift] =
        at::native_layer_norm_backward(rows(gradient), rows(input_), scale_.shape, mean_, inverse_deviation_,
                                       scale_.value, shift_.value, {wanted[0], true, true});
    set_gradients(scale, shift);
    return {wanted[0] ? outward(images(input)) : at::Tensor()};
  }

 private:
  /// Channels last and side by side: no copy where the image is kept like that.
  at::Tensor rows(const at::Tensor& value) const {
    const at::Tensor x = value.to(numerics_.master);
    return x.dim() == 4 ? x.permute({0, 2, 3, 1}).contiguous() : x.contiguous();
  }
  static at::Tensor images(const at::Tensor& rows) { return rows.dim() == 4 ? rows.permute({0, 3, 1, 2}) : rows; }
};

}  // namespace

LayerPointer make_group_norm(const LayerContext& context) { return std::make_unique<GroupNorm>(context); }
LayerPointer make_layer_norm(const LayerContext& context) { return std::make_unique<LayerNorm>(context); }

}  // namespace ravine
