#include <ATen/TensorOperators.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/avg_pool2d_backward.h>
#include <ATen/ops/max_pool2d_with_indices.h>
#include <ATen/ops/max_pool2d_with_indices_backward.h>
#include <ATen/ops/mean.h>

#include "layers/layer.h"

namespace ravine {
namespace {

class MaxPool : public Layer {
 public:
  explicit MaxPool(const LayerContext& c)
      : kernel_{c.node.kernel, c.node.kernel},
        stride_{c.node.stride, c.node.stride},
        padding_{c.node.padding, c.node.padding} {}

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    auto [output, winners] = at::max_pool2d_with_indices(inputs[0], kernel_, stride_, padding_, kDilation, false);
    if (pass.training) {
      input_ = inputs[0];
      winners_ = winners;
    }
    return output;
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>&) override {
    at::Tensor input = at::max_pool2d_with_indices_backward(gradient, input_, kernel_, stride_, padding_, kDilation,
                                                            false, winners_);
    input_.reset();
    winners_.reset();
    return {input};
  }

 private:
  inline static const std::vector<int64_t> kDilation{1, 1};
  std::vector<int64_t> kernel_, stride_, padding_;
  at::Tensor input_, winners_;
};

class AvgPool : public Layer {
 public:
  explicit AvgPool(const LayerContext& c)
      : kernel_{c.node.kernel, c.node.kernel}, stride_{c.node.stride, c.node.stride} {}

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    if (pass.training) input_ = inputs[0];
    return at::avg_pool2d(inputs[0], kernel_, stride_, kPadding);
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>&) override {
    at::Tensor input = at::avg_pool2d_backward(gradient, input_, kernel_, stride_, kPadding, false, true, {});
    input_.reset();
    return {input};
  }

 private:
  inline static const std::vector<int64_t> kPadding{0, 0};
  std::vector<int64_t> kernel_, stride_;
  at::Tensor input_;
};

class GlobalAveragePool : public Layer {
 public:
  explicit GlobalAveragePool(const LayerContext& c) : format_(c.numerics.format) {}

  at::Tensor forward(const Tensors& inputs, const Pass&) override {
    shape_ = inputs[0].sizes().vec();
    return at::mean(inputs[0], at::IntArrayRef{2, 3});
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>&) override {
    const at::Tensor share = gradient / static_cast<double>(shape_[2] * shape_[3]);
    return {share.unsqueeze(2).unsqueeze(3).expand(shape_).contiguous(format_)};
  }

 private:
  at::MemoryFormat format_;
  std::vector<int64_t> shape_;
};

/// Max pooling with one window of the image's own size.
class GlobalMaxPool : public Layer {
 public:
  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    const std::vector<int64_t> window = inputs[0].sizes().slice(2).vec();
    auto [output, winners] = at::max_pool2d_with_indices(inputs[0], window, window, kNone, kDilation, false);
    if (pass.training) {
      input_ = inputs[0];
      winners_ = winners;
    }
    return output.flatten(1);
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>&) override {
    const std::vector<int64_t> window = input_.sizes().slice(2).vec();
    const at::Tensor image = gradient.unsqueeze(2).unsqueeze(3).contiguous(input_.suggest_memory_format());
    at::Tensor input =
        at::max_pool2d_with_indices_backward(image, input_, window, window, kNone, kDilation, false, winners_);
    input_.reset();
    winners_.reset();
    return {input};
  }

 private:
  inline static const std::vector<int64_t> kNone{0, 0}, kDilation{1, 1};
  at::Tensor input_, winners_;
};

}  // namespace

LayerPointer make_max_pool(const LayerContext& context) { return std::make_unique<MaxPool>(context); }
LayerPointer make_avg_pool(const LayerContext& context) { return std::make_unique<AvgPool>(context); }
LayerPointer make_global_average_pool(const LayerContext& context) {
  return std::make_unique<GlobalAveragePool>(context);
}
LayerPointer make_global_max_pool(const LayerContext&) { return std::make_unique<GlobalMaxPool>(); }

}  // namespace ravine
