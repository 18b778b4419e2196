// Batch normalisation and the ReLU after it, on the CPU in fp32 or bf16: two passes over the data forward and two
// backward, where libtorch's separate operations make four and five.
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <cmath>

#include "kernels/norm_rows.h"
#include "layers/layer.h"

namespace ravine {
namespace {

using Floats = std::vector<float>;

/// Rows per chunk: few enough for sums in fp32, and the same for every number of threads.
constexpr int64_t kRows = 256;

/// Calls `work(first row, rows, chunk)` for every chunk, on all threads.
template <class Work>
void for_each_chunk_of_rows(int64_t rows, const Work& work) {
  at::parallel_for(0, (rows + kRows - 1) / kRows, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) work(i * kRows, std::min(kRows, rows - i * kRows), i);
  });
}

/// Two sums per channel over all rows. `add(first row, rows, first sums, second sums)` handles one chunk.
template <class Add>
std::pair<std::vector<double>, std::vector<double>> two_sums(int64_t rows, int64_t channels, const Add& add) {
  const int64_t chunks = (rows + kRows - 1) / kRows;
  Floats partial(chunks * 2 * channels, 0.0f);
  for_each_chunk_of_rows(rows, [&](int64_t first, int64_t count, int64_t chunk) {
    float* sums = partial.data() + chunk * 2 * channels;
    add(first, count, sums, sums + channels);
  });
  std::vector<double> one(channels, 0.0), two(channels, 0.0);
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    for (int64_t c = 0; c < channels; ++c) {
      one[c] += partial[(chunk * 2) * channels + c];
      two[c] += partial[(chunk * 2 + 1) * channels + c];
    }
  }
  return {std::move(one), std::move(two)};
}

const Bits16* data_of(const at::Tensor& t, Bits16) { return reinterpret_cast<const Bits16*>(t.data_ptr<at::BFloat16>()); }
const float* data_of(const at::Tensor& t, float) { return t.data_ptr<float>(); }

class BatchNormCpu : public Layer {
 public:
  explicit BatchNormCpu(const LayerContext& c)
      : momentum_(c.node.momentum),
        epsilon_(c.node.epsilon),
        channels_(c.node.shape[0]),
        relu_(c.relu_follows),
        format_(c.numerics.format),
        scale_(c.store.parameter(c.node.name + ".weight")),
        shift_(c.store.parameter(c.node.name + ".bias")),
        running_mean_(c.store.buffer(c.node.name + ".runningMean")),
        running_variance_(c.store.buffer(c.node.name + ".runningVariance")),
        mean_(channels_),
        inverse_deviation_(channels_),
        factor_(channels_),
        offset_(channels_) {}

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    const at::Tensor x = rows_of(inputs[0]);
    return x.scalar_type() == at::kFloat ? forward_as<float>(x, pass) : forward_as<Bits16>(x, pass);
  }

  Tensors backward(const at::Tensor& gradient, const std::vector<bool>& wanted) override {
    const at::Tensor g = rows_of(gradient);
    at::Tensor dx = input_.scalar_type() == at::kFloat ? backward_as<float>(g, wanted[0])
                                                       : backward_as<Bits16>(g, wanted[0]);
    input_.reset();
    return {dx};
  }

 private:
  /// The same values with channels innermost in memory; almost always without a copy.
  at::Tensor rows_of(const at::Tensor& t) const { return t.contiguous(t.dim() == 4 ? format_ : at::MemoryFormat::Contiguous); }
  int64_t rows(const at::Tensor& t) const { return t.numel() / channels_; }

  template <class T>
  at::Tensor forward_as(const at::Tensor& x, const Pass& pass) {
    const T* data = data_of(x, T());
    pass.training ? batch_statistics(data, rows(x)) : running_statistics();
    for (int64_t c = 0; c < channels_; ++c) {
      factor_[c] = scale_.value.data_ptr<float>()[c] * inverse_deviation_[c];
      offset_[c] = shift_.value.data_ptr<float>()[c] - mean_[c] * factor_[c];
    }
    at::Tensor y = at::empty_like(x);
    T* output = const_cast<T*>(data_of(y, T()));
    for_each_chunk_of_rows(rows(x), [&](int64_t first, int64_t count, int64_t) {
      scale_rows(data + first * channels_, output + first * channels_, count, channels_, factor_.data(), offset_.data(),
                 relu_);
    });
    if (pass.training) input_ = x;
    return y;
  }

  void running_statistics() {
    for (int64_t c = 0; c < channels_; ++c) {
      mean_[c] = running_mean_.data_ptr<float>()[c];
      const double variance = running_variance_.data_ptr<float>()[c];
      inverse_deviation_[c] = static_cast<float>(1 / std::sqrt(variance + epsilon_));
    }
  }

  /// Sums are taken around the first row: a variance from Σx² alone would cancel when the mean is large.
  template <class T>
  void batch_statistics(const T* x, int64_t rows) {
    Floats center(channels_);
    for (int64_t c = 0; c < channels_; ++c) center[c] = to_float(x[c]);
    const auto [sum, square] = two_sums(rows, channels_, [&](int64_t first, int64_t count, float* one, float* two) {
      sum_rows(x + first * channels_, count, channels_, center.data(), one, two);
    });
    const double n = static_cast<double>(rows);
    float* running_mean = running_mean_.data_ptr<float>();
    float* running_variance = running_variance_.data_ptr<float>();
    for (int64_t c = 0; c < channels_; ++c) {
      const double distance = sum[c] / n;
      const double mean = center[c] + distance;
      const double raw = square[c] / n - distance * distance;
      const double variance = raw < 0 ? 0 : raw;  // NaN stays NaN
      mean_[c] = static_cast<float>(mean);
      inverse_deviation_[c] = static_cast<float>(1 / std::sqrt(variance + epsilon_));
      running_mean[c] = static_cast<float>((1 - momentum_) * running_mean[c] + momentum_ * mean);
      running_variance[c] = static_cast<float>((1 - momentum_) * running_variance[c] + momentum_ * variance * n / (n - 1));
    }
  }

  /// dx = a·(g − Σg/n − x̂·Σ(g·x̂)/n) with a = scale / deviation, written as g·a + x·slope + base.
  template <class T>
  at::Tensor backward_as(const at::Tensor& gradient, bool wanted) {
    const T* x = data_of(input_, T());
    const T* g = data_of(gradient, T());
    const int64_t count = rows(input_);
    const NormChannels norm{factor_.data(), offset_.data(), mean_.data()};
    const auto [sum, product] = two_sums(count, channels_, [&](int64_t first, int64_t n, float* one, float* two) {
      sum_gradient_rows(x + first * channels_, g + first * channels_, n, channels_, norm, relu_, one, two);
    });
    scale_.gradient = at::empty({channels_}, at::TensorOptions().dtype(at::kFloat));
    shift_.gradient = at::empty({channels_}, at::TensorOptions().dtype(at::kFloat));
    Floats slope(channels_), base(channels_);
    for (int64_t c = 0; c < channels_; ++c) {
      const double a = factor_[c], inverse = inverse_deviation_[c], n = static_cast<double>(count);
      scale_.gradient.data_ptr<float>()[c] = static_cast<float>(product[c] * inverse);
      shift_.gradient.data_ptr<float>()[c] = static_cast<float>(sum[c]);
      const double along = a * inverse * inverse * product[c] / n;
      slope[c] = static_cast<float>(-along);
      base[c] = static_cast<float>(along * mean_[c] - a * sum[c] / n);
    }
    if (!wanted) return {};
    at::Tensor dx = at::empty_like(input_);
    T* output = const_cast<T*>(data_of(dx, T()));
    for_each_chunk_of_rows(count, [&](int64_t first, int64_t n, int64_t) {
      const int64_t at = first * channels_;
      gradient_rows(x + at, g + at, output + at, n, channels_, norm, relu_, slope.data(), base.data());
    });
    return dx;
  }

  double momentum_, epsilon_;
  int64_t channels_;
  bool relu_;
  at::MemoryFormat format_;
  Parameter& scale_;
  Parameter& shift_;
  at::Tensor running_mean_, running_variance_;
  at::Tensor input_;
  Floats mean_, inverse_deviation_, factor_, offset_;  // of the last forward pass
};

}  // namespace

LayerPointer make_batch_norm_cpu(const LayerContext& context) { return std::make_unique<BatchNormCpu>(context); }

}  // namespace ravine
