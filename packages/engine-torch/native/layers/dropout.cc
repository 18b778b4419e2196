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

/// What is kept of a batch, and by how much that is enlarged. Definition: `dropoutUniform` of packages/training/src/random.ts.
class Draws {
 public:
  explicit Draws(const Node& node, int index)
      : scale(static_cast<float>(1 / (1 - node.rate))),
        index_(static_cast<uint32_t>(index)),
        threshold_(static_cast<uint32_t>(std::ceil(node.rate * 16777216.0))) {}

  /// 1 where an element is kept, else 0, for a part of a batch with `per_sample` elements in each sample.
  at::Tensor mask(at::IntArrayRef shape, int64_t per_sample, const Pass& pass) const {
    at::Tensor mask = at::empty(shape, at::TensorOptions().dtype(at::kFloat));
    fill_mask(mask.data_ptr<float>(), pass.first_sample * per_sample, mask.numel(), index_, pass.dropout_key, threshold_);
    return mask;
  }

  const float scale;

 private:
  const uint32_t index_, threshold_;
};

class Dropout : public Layer {
 public:
  explicit Dropout(const LayerContext& c) : draws_(c.node, c.index), numerics_(c.numerics) {}

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    if (!pass.training) return inputs[0];
    at::Tensor mask = draws_.mask(inputs[0].sizes(), inputs[0].numel() / inputs[0].size(0), pass);
    mask = mask.to(numerics_.device, numerics_.compute);
    mask_ = mask.dim() == 4 ? mask.contiguous(numerics_.format) : mask;
    return inputs[0] * mask_ * draws_.scale;
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>&) override {
    at::Tensor input = gradient * mask_ * draws_.scale;
    mask_.reset();
    return {input};
  }

 private:
  Draws draws_;
  Numerics numerics_;
  at::Tensor mask_;
};

/// Keeps or drops whole samples: of dropout's draws one for each, with its place in the batch as the element.
class StochasticDepth : public Layer {
 public:
  explicit StochasticDepth(const LayerContext& c) : draws_(c.node, c.index), numerics_(c.numerics) {}

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    if (!pass.training) return inputs[0];
    std::vector<int64_t> shape(inputs[0].dim(), 1);
    shape[0] = inputs[0].size(0);
    factors_ = (draws_.mask(shape, 1, pass) * draws_.scale).to(numerics_.device, numerics_.compute);
    return inputs[0] * factors_;
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>&) override {
    at::Tensor input = gradient * factors_;
    factors_.reset();
    return {input};
  }

 private:
  Draws draws_;
  Numerics numerics_;
  at::Tensor factors_;
};

}  // namespace

LayerPointer make_dropout(const LayerContext& context) { return std::make_unique<Dropout>(context); }
LayerPointer make_stochastic_depth(const LayerContext& context) { return std::make_unique<StochasticDepth>(context); }

}  // namespace ravine
