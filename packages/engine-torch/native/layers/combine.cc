// Layers of several values: concatenation of channels, and products for gates.
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/sum.h>

#include "layers/layer.h"

namespace ravine {
namespace {

class Concat : public Layer {
 public:
  explicit Concat(const LayerContext& c) : format_(c.numerics.format) {}

  at::Tensor forward(const Tensors& inputs, const Pass&) override {
    channels_.clear();
    for (const at::Tensor& input : inputs) channels_.push_back(input.size(1));
    return in_format(at::cat(inputs, 1));
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>& wanted) override {
    Tensors pieces(wanted.size());
    int64_t first = 0;
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i]) pieces[i] = in_format(gradient.narrow(1, first, channels_[i]));
      first += channels_[i];
    }
    return pieces;
  }

 private:
  at::Tensor in_format(const at::Tensor& value) const {
    return value.dim() == 4 ? value.contiguous(format_) : value.contiguous();
  }

  at::MemoryFormat format_;
  std::vector<int64_t> channels_;
};

/// y = x · gate, where the gate has x's shape, or one value per channel of an image.
class Multiply : public Layer {
 public:
  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    const at::Tensor gate = spread(inputs[1], inputs[0]);
    if (pass.training) {
      x_ = inputs[0];
      gate_ = gate;
      gate_shape_ = inputs[1].sizes().vec();
    }
    return inputs[0] * gate;
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>& wanted) override {
    Tensors result(2);
    if (wanted[0]) result[0] = gradient * gate_;
    if (wanted[1]) {
      const at::Tensor product = gradient * x_;
      const bool is_whole = gate_.sizes() == x_.sizes();
      // An image of 1×1 has as many values as its gate of one dimension.
      result[1] = (is_whole ? product : at::sum(product, at::IntArrayRef{2, 3})).view(gate_shape_);
    }
    x_.reset();
    gate_.reset();
    return result;
  }

 private:
  static at::Tensor spread(const at::Tensor& gate, const at::Tensor& x) {
    return gate.dim() == x.dim() ? gate : gate.unsqueeze(2).unsqueeze(3);
  }

  at::Tensor x_, gate_;
  std::vector<int64_t> gate_shape_;
};

}  // namespace

LayerPointer make_concat(const LayerContext& context) { return std::make_unique<Concat>(context); }
LayerPointer make_multiply(const LayerContext&) { return std::make_unique<Multiply>(); }

}  // namespace ravine
