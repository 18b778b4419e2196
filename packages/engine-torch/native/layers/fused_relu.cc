// ReLU on the CPU in fp32 or bf16, in place wherever nobody else needs the memory.
#include <ATen/ops/empty_like.h>

#include "kernels/relu.h"
#include "layers/chunks.h"
#include "layers/elements.h"
#include "layers/layer.h"

namespace ravine {
namespace {

constexpr int64_t kChunkValues = 32768;

class FusedRelu : public Layer {
 public:
  explicit FusedRelu(const LayerContext& c) : in_place_(c.may_overwrite_input) {}

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    // Dense in any order: where it is not, empty_like would choose another order for the output.
    const at::Tensor x = inputs[0].is_non_overlapping_and_dense() ? inputs[0] : inputs[0].contiguous();
    at::Tensor y = in_place_ ? x : at::empty_like(x);
    with_elements(x, [&](auto type) {
      using T = decltype(type);
      const T* from = elements<T>(x);
      T* to = elements<T>(y);
      for_each_chunk_of(x.numel(), kChunkValues,
                        [&](int64_t at, int64_t count, int64_t) { relu_kernels<T>().forward(from + at, to + at, count); });
    });
    if (pass.training) output_ = y;
    return y;
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>&) override {
    if (gradient.strides() != output_.strides()) gradient = at::empty_like(output_).copy_(gradient);
    at::Tensor dx = is_sole_owner(gradient) ? gradient : at::empty_like(output_);
    with_elements(output_, [&](auto type) {
      using T = decltype(type);
      const T* y = elements<T>(output_);
      const T* g = elements<T>(gradient);
      T* to = elements<T>(dx);
      for_each_chunk_of(output_.numel(), kChunkValues, [&](int64_t at, int64_t count, int64_t) {
        relu_kernels<T>().backward(y + at, g + at, to + at, count);
      });
    });
    output_.reset();
    return {dx};
  }

 private:
  bool in_place_;
  at::Tensor output_;
};

}  // namespace

LayerPointer make_fused_relu(const LayerContext& context) { return std::make_unique<FusedRelu>(context); }

}  // namespace ravine
