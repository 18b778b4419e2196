// Batch normalisation, alone or with what follows it (ReLU, or addition of another value and ReLU), on the CPU in fp32
// or bf16: two passes over the data forward and two backward, where separate operations make four to seven.
#include <ATen/ops/empty_like.h>

#include "kernels/norm_rows.h"
#include "layers/channel_norm.h"
#include "layers/chunks.h"
#include "layers/elements.h"

namespace ravine {
namespace {

class FusedBatchNorm : public Layer {
 public:
  explicit FusedBatchNorm(const LayerContext& c)
      : norm_(c),
        adds_(c.kind == "batch-norm+add+relu"),
        relu_(c.kind == "batch-norm+relu"),
        may_overwrite_input_(c.may_overwrite_input),
        format_(c.numerics.format) {}

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    const at::Tensor x = channels_last(inputs[0]);
    return with_elements(x, [&](auto type) {
      using T = decltype(type);
      if (pass.training) {
        take_statistics<T>(x);
      } else {
        norm_.use_running_statistics();
      }
      at::Tensor y = adds_ ? add<T>(x, channels_last(inputs[1])) : scale<T>(x);
      if (pass.training) input_ = x;
      if (pass.training && adds_) output_ = y;
      return y;
    });
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>& wanted) override {
    gradient = channels_last(gradient);
    const Tensors result = with_elements(input_, [&](auto type) {
      using T = decltype(type);
      return adds_ ? add_backward<T>(std::move(gradient), wanted) : scale_backward<T>(gradient, wanted[0]);
    });
    input_.reset();
    output_.reset();
    return result;
  }

 private:
  /// The same values with channels innermost in memory; almost always without a copy.
  at::Tensor channels_last(const at::Tensor& t) const {
    return t.contiguous(t.dim() == 4 ? format_ : at::MemoryFormat::Contiguous);
  }
  int64_t rows(const at::Tensor& t) const { return t.numel() / norm_.channels(); }

  template <class T>
  void take_statistics(const at::Tensor& tensor) {
    const T* x = elements<T>(tensor);
    const int64_t channels = norm_.channels();
    Floats center(channels);
    for (int64_t c = 0; c < channels; ++c) center[c] = to_float(x[c]);
    const ChannelSums sums =
        sum_chunks(rows(tensor), kChunkPixels, channels, [&](int64_t first, int64_t count, float* one, float* two) {
          norm_kernels<T>().sum(x + first * channels, count, channels, center.data(), one, two);
        });
    norm_.use_batch_statistics(sums, center.data(), static_cast<double>(rows(tensor)));
  }

  template <class T>
  at::Tensor scale(const at::Tensor& tensor) {
    at::Tensor y = at::empty_like(tensor);
    const T* x = elements<T>(tensor);
    T* output = elements<T>(y);
    const int64_t channels = norm_.channels();
    for_each_chunk_of(rows(tensor), kChunkPixels, [&](int64_t first, int64_t count, int64_t) {
      const int64_t at = first * channels;
      norm_kernels<T>().scale(x + at, output + at, count, channels, norm_.factor(), norm_.offset(), relu_);
    });
    return y;
  }

  template <class T>
  at::Tensor add(const at::Tensor& tensor, const at::Tensor& other) {
    at::Tensor y = at::empty_like(tensor);
    const T* x = elements<T>(tensor);
    const T* residual = elements<T>(other);
    T* output = elements<T>(y);
    const int64_t channels = norm_.channels();
    for_each_chunk_of(rows(tensor), kChunkPixels, [&](int64_t first, int64_t count, int64_t) {
      const int64_t at = first * channels;
      norm_kernels<T>().scale_add(x + at, residual + at, output + at, count, channels, norm_.factor(), norm_.offset());
    });
    return y;
  }

  template <class T>
  Tensors scale_backward(const at::Tensor& gradient, bool wanted) {
    const T* x = elements<T>(input_);
    const T* g = elements<T>(gradient);
    const int64_t channels = norm_.channels();
    const ChannelSums sums =
        sum_chunks(rows(input_), kChunkPixels, channels, [&](int64_t first, int64_t count, float* one, float* two) {
          const int64_t at = first * channels;
          norm_kernels<T>().sum_gradient(x + at, g + at, count, channels, norm_.channels_of_pass(), relu_, one, two);
        });
    return {input_gradient<T>(gradient, sums, relu_, wanted)};
  }

  template <class T>
  Tensors add_backward(at::Tensor gradient, const std::vector<bool>& wanted) {
    at::Tensor passed = is_sole_owner(gradient) ? gradient : at::empty_like(gradient);
    const T* x = elements<T>(input_);
    const T* output = elements<T>(output_);
    const T* g = elements<T>(gradient);
    T* p = elements<T>(passed);
    const int64_t channels = norm_.channels();
    const float* mean = norm_.channels_of_pass().mean;
    const ChannelSums sums =
        sum_chunks(rows(input_), kChunkPixels, channels, [&](int64_t first, int64_t count, float* one, float* two) {
          const int64_t at = first * channels;
          norm_kernels<T>().sum_passed(x + at, output + at, g + at, p + at, count, channels, mean, one, two);
        });
    return {input_gradient<T>(passed, sums, false, wanted[0]), passed};
  }

  template <class T>
  at::Tensor input_gradient(const at::Tensor& gradient, const ChannelSums& sums, bool relu, bool wanted) {
    const auto [slope, base] = norm_.backward(sums, static_cast<double>(rows(input_)));
    if (!wanted) return {};
    at::Tensor dx = may_overwrite_input_ ? input_ : at::empty_like(input_);
    const T* x = elements<T>(input_);
    const T* g = elements<T>(gradient);
    T* output = elements<T>(dx);
    const int64_t channels = norm_.channels();
    for_each_chunk_of(rows(input_), kChunkPixels, [&, &slope = slope, &base = base](int64_t first, int64_t count, int64_t) {
      const int64_t at = first * channels;
      norm_kernels<T>().gradient(x + at, g + at, output + at, count, channels, norm_.channels_of_pass(), relu, slope.data(),
                    base.data());
    });
    return dx;
  }

  ChannelNorm norm_;
  bool adds_, relu_, may_overwrite_input_;
  at::MemoryFormat format_;
  at::Tensor input_, output_;
};

}  // namespace

LayerPointer make_fused_batch_norm(const LayerContext& context) { return std::make_unique<FusedBatchNorm>(context); }

}  // namespace ravine
