#include <ATen/TensorOperators.h>

#include "layers/layer.h"

namespace ravine {
namespace {

/// [C, H, W] → [C·H·W] in C, H, W order: a copy when the image is kept channels last.
class Flatten : public Layer {
 public:
  explicit Flatten(const LayerContext& c) : format_(c.numerics.format) {}

  at::Tensor forward(const Tensors& inputs, const Pass&) override {
    shape_ = inputs[0].sizes().vec();
    return inputs[0].contiguous().view({shape_[0], -1});
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>&) override {
    const at::Tensor input = gradient.contiguous().view(shape_);
    return {shape_.size() == 4 ? input.contiguous(format_) : input};
  }

 private:
  at::MemoryFormat format_;
  std::vector<int64_t> shape_;
};

/// Elementwise sum of its inputs.
class Add : public Layer {
 public:
  at::Tensor forward(const Tensors& inputs, const Pass&) override {
    at::Tensor sum = inputs[0] + inputs[1];
    for (size_t i = 2; i < inputs.size(); ++i) sum += inputs[i];
    return sum;
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>& wanted) override {
    return Tensors(wanted.size(), gradient);
  }
};

}  // namespace

LayerPointer make_flatten(const LayerContext& context) { return std::make_unique<Flatten>(context); }
LayerPointer make_add(const LayerContext&) { return std::make_unique<Add>(); }

}  // namespace ravine
