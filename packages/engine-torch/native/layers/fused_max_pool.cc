// 2×2 max pooling on the CPU in fp32 or bf16, alone or with the ReLU before it. Keeps no indices: the backward pass finds
// the largest values again.
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>

#include "layers/elements.h"
#include "layers/layer.h"
#include "layers/window_rows.h"

namespace ravine {
namespace {

class FusedMaxPool : public Layer {
 public:
  explicit FusedMaxPool(const LayerContext& c)
      : relu_(c.kind == "relu+max-pool"), may_overwrite_input_(c.may_overwrite_input), format_(c.numerics.format) {}

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    const at::Tensor x = inputs[0].contiguous(format_);
    const at::Tensor y = with_elements(x, [&](auto type) { return pool<decltype(type)>(x); });
    if (pass.training) {
      input_ = x;
      output_ = y;
    }
    return y;
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>&) override {
    gradient = gradient.contiguous(format_);
    const at::Tensor dx = with_elements(input_, [&](auto type) { return pool_backward<decltype(type)>(gradient); });
    input_.reset();
    output_.reset();
    return {dx};
  }

 private:
  template <class T>
  at::Tensor pool(const at::Tensor& images) const {
    const WindowRows rows(images);
    at::Tensor pooled = at::empty(rows.pooled_shape(), images.options(), format_);
    const T* x = elements<T>(images);
    T* y = elements<T>(pooled);
    for_each_chunk_of(rows.pairs(), rows.pairs_per_chunk(), [&](int64_t first, int64_t count, int64_t) {
      rows.walk(
          first, count, [&](int64_t at, int64_t pooled_at) { pool_kernels<T>().pool(x + at, rows.row(), relu_, y + pooled_at); },
          [](int64_t, int64_t) {});
    });
    return pooled;
  }

  template <class T>
  at::Tensor pool_backward(const at::Tensor& gradient) const {
    const WindowRows rows(input_);
    at::Tensor result = may_overwrite_input_ ? input_ : at::empty_like(input_);
    const T* x = elements<T>(input_);
    const T* y = elements<T>(output_);
    const T* g = elements<T>(gradient);
    T* dx = elements<T>(result);
    for_each_chunk_of(rows.pairs(), rows.pairs_per_chunk(), [&](int64_t first, int64_t count, int64_t) {
      rows.walk(
          first, count,
          [&](int64_t at, int64_t pooled_at) {
            pool_kernels<T>().gradient(x + at, rows.row(), y + pooled_at, g + pooled_at, relu_, dx + at);
          },
          [&](int64_t at, int64_t pixels) { std::fill_n(dx + at, pixels * rows.channels(), T(0)); });
    });
    return result;
  }

  bool relu_, may_overwrite_input_;
  at::MemoryFormat format_;
  at::Tensor input_, output_;
};

}  // namespace

LayerPointer make_fused_max_pool(const LayerContext& context) { return std::make_unique<FusedMaxPool>(context); }

}  // namespace ravine
