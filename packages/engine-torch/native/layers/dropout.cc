#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>

#include "layers/layer.h"

namespace ravine {
namespace {

/// 1 where an element is kept; elements are numbered in N, C, H, W order, those of the mask from `first` on.
void fill_mask(float* mask, int64_t first, int64_t count, uint32_t node, PhiloxKey key, uint32_t threshold) {
  constexpr int64_t kGrain = 2048;
  at::parallel_for(first / 4, (first + count + 3) / 4, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const PhiloxBlock words =
          philox({static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), node, 0}, key);
      const int64_t from = std::max(first, block * 4), to = std::min(first + count, block * 4 + 4);
      for (int64_t i = from; i < to; ++i) mask[i - first] = (words[i % 4] >> 8) >= threshold ? 1.0f : 0.0f;
    }
  });
}

/// The mask's definition is `dropoutUniform` of packages/training/src/random.ts.
class Dropout : public Layer {
 public:
  explicit Dropout(const LayerContext& c)
      : index_(static_cast<uint32_t>(c.index)),
        threshold_(static_cast<uint32_t>(std::ceil(c.node.rate * 16777216.0))),
        scale_(static_cast<float>(1 / (1 - c.node.rate))),
        numerics_(c.numerics) {}

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    if (!pass.training) return inputs[0];
    at::Tensor mask = at::empty(inputs[0].sizes(), at::TensorOptions().dtype(at::kFloat));
    const int64_t first = pass.first_sample * (mask.numel() / mask.size(0));
    fill_mask(mask.data_ptr<float>(), first, mask.numel(), index_, pass.dropout_key, threshold_);
    mask = mask.to(numerics_.device, numerics_.compute);
    mask_ = mask.dim() == 4 ? mask.contiguous(numerics_.format) : mask;
    return inputs[0] * mask_ * scale_;
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>&) override {
    at::Tensor input = gradient * mask_ * scale_;
    mask_.reset();
    return {input};
  }

 private:
  uint32_t index_, threshold_;
  double scale_;
  Numerics numerics_;
  at::Tensor mask_;
};

}  // namespace

LayerPointer make_dropout(const LayerContext& context) { return std::make_unique<Dropout>(context); }

}  // namespace ravine
