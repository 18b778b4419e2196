// Batch normalisation, ReLU and 2×2 max pooling on the CPU in fp32 or bf16. Only the values that win their window are
// normalised: the others' order is known without it. (Lowering BN and ReLU below the pooling is exact because both are
// monotone in each channel; where the scale is negative, the smallest value wins.)
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include "layers/channel_norm.h"
#include "layers/elements.h"
#include "layers/window_rows.h"

namespace ravine {
namespace {

class FusedBatchNormPool : public Layer {
 public:
  explicit FusedBatchNormPool(const LayerContext& c)
      : norm_(c), may_overwrite_input_(c.may_overwrite_input), format_(c.numerics.format) {}

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    const at::Tensor x = inputs[0].contiguous(format_);
    return with_elements(x, [&](auto type) {
      using T = decltype(type);
      const at::Tensor winners = sum_and_pool<T>(x, pass.training);
      if (pass.training) {
        input_ = x;
        winners_ = winners;
      }
      return normalise<T>(winners);
    });
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>& wanted) override {
    gradient = gradient.contiguous(format_);
    const at::Tensor dx =
        with_elements(input_, [&](auto type) { return pass_back<decltype(type)>(gradient, wanted[0]); });
    input_.reset();
    winners_.reset();
    return {dx};
  }

 private:
  /// The winners of all windows. Sets the factors of the normalisation: from this batch when `training`.
  template <class T>
  at::Tensor sum_and_pool(const at::Tensor& images, bool training) {
    const WindowRows rows(images);
    at::Tensor winners = at::empty(rows.pooled_shape(), images.options(), format_);
    const T* x = elements<T>(images);
    T* pooled = elements<T>(winners);
    const int64_t channels = rows.channels();
    const Floats sign = norm_.sign();
    Floats center(channels);
    for (int64_t c = 0; c < channels; ++c) center[c] = to_float(x[c]);
    const auto add = [&](int64_t first, int64_t count, float* one, float* two) {
      rows.walk(
          first, count,
          [&](int64_t at, int64_t pooled_at) {
            pool_kernels<T>().sum_and_pool(x + at, rows.row(), center.data(), sign.data(), pooled + pooled_at, one, two);
          },
          [&](int64_t at, int64_t pixels) { norm_kernels<T>().sum(x + at, pixels, channels, center.data(), one, two); });
    };
    const ChannelSums sums = sum_chunks(rows.pairs(), rows.pairs_per_chunk(), channels, add);
    if (training) {
      norm_.use_batch_statistics(sums, center.data(), static_cast<double>(rows.pixels()));
    } else {
      norm_.use_running_statistics();
    }
    return winners;
  }

  template <class T>
  at::Tensor normalise(const at::Tensor& winners) {
    at::Tensor y = at::empty_like(winners);
    const T* x = elements<T>(winners);
    T* output = elements<T>(y);
    const int64_t channels = norm_.channels();
    for_each_chunk_of(winners.numel() / channels, kChunkPixels, [&](int64_t first, int64_t count, int64_t) {
      const int64_t at = first * channels;
      norm_kernels<T>().scale(x + at, output + at, count, channels, norm_.factor(), norm_.offset(), true);
    });
    return y;
  }

  template <class T>
  at::Tensor pass_back(const at::Tensor& gradient, bool wanted) {
    const WindowRows rows(input_);
    const T* pooled = elements<T>(winners_);
    const T* g = elements<T>(gradient);
    const int64_t channels = rows.channels();
    const ChannelSums sums = sum_chunks(
        winners_.numel() / channels, kChunkPixels, channels, [&](int64_t first, int64_t count, float* one, float* two) {
          const int64_t at = first * channels;
          norm_kernels<T>().sum_gradient(pooled + at, g + at, count, channels, norm_.channels_of_pass(), true, one, two);
        });
    const ChannelNorm::Backward back = norm_.backward(sums, static_cast<double>(rows.pixels()));
    if (!wanted) return {};
    at::Tensor result = may_overwrite_input_ ? input_ : at::empty_like(input_);
    const T* x = elements<T>(input_);
    T* dx = elements<T>(result);
    for_each_chunk_of(rows.pairs(), rows.pairs_per_chunk(), [&](int64_t first, int64_t count, int64_t) {
      rows.walk(
          first, count,
          [&](int64_t at, int64_t pooled_at) {
            pool_kernels<T>().norm_gradient(x + at, rows.row(), pooled + pooled_at, g + pooled_at, norm_.channels_of_pass(),
                                    back.slope.data(), back.base.data(), dx + at);
          },
          [&](int64_t at, int64_t pixels) {
            norm_kernels<T>().scale(x + at, dx + at, pixels, channels, back.slope.data(), back.base.data(), false);
          });
    });
    return result;
  }

  ChannelNorm norm_;
  bool may_overwrite_input_;
  at::MemoryFormat format_;
  at::Tensor input_, winners_;
};

}  // namespace

LayerPointer make_fused_batch_norm_pool(const LayerContext& context) {
  return std::make_unique<FusedBatchNormPool>(context);
}

}  // namespace ravine
