#include "layers/channel_norm.h"

#include <ATen/ops/empty.h>

#include <cmath>

namespace ravine {

ChannelNorm::ChannelNorm(const LayerContext& c)
    : momentum_(c.node.momentum),
      epsilon_(c.node.epsilon),
      channels_(c.node.shape[0]),
      scale_(c.store.parameter(c.node.name + ".weight")),
      shift_(c.store.parameter(c.node.name + ".bias")),
      running_mean_(c.store.buffer(c.node.name + ".runningMean")),
      running_variance_(c.store.buffer(c.node.name + ".runningVariance")),
      mean_(channels_),
      inverse_deviation_(channels_),
      factor_(channels_),
      offset_(channels_) {}

void ChannelNorm::set_factors() {
  const float* scale = scale_.value.data_ptr<float>();
  const float* shift = shift_.value.data_ptr<float>();
  for (int64_t c = 0; c < channels_; ++c) {
    factor_[c] = scale[c] * inverse_deviation_[c];
    offset_[c] = shift[c] - mean_[c] * factor_[c];
  }
}

void ChannelNorm::use_running_statistics() {
  for (int64_t c = 0; c < channels_; ++c) {
    mean_[c] = running_mean_.data_ptr<float>()[c];
    const double variance = running_variance_.data_ptr<float>()[c];
    inverse_deviation_[c] = static_cast<float>(1 / std::sqrt(variance + epsilon_));
  }
  set_factors();
}

/// Sums are taken around a center: a variance from Σx² alone would cancel when the mean is large.
void ChannelNorm::use_batch_statistics(const ChannelSums& sums, const float* center, double count) {
  float* running_mean = running_mean_.data_ptr<float>();
  float* running_variance = running_variance_.data_ptr<float>();
  for (int64_t c = 0; c < channels_; ++c) {
    const double distance = sums.one[c] / count;
    const double mean = center[c] + distance;
    const double raw = sums.two[c] / count - distance * distance;
    const double variance = raw < 0 ? 0 : raw;  // NaN stays NaN
    mean_[c] = static_cast<float>(mean);
    inverse_deviation_[c] = static_cast<float>(1 / std::sqrt(variance + epsilon_));
    running_mean[c] = static_cast<float>((1 - momentum_) * running_mean[c] + momentum_ * mean);
    running_variance[c] =
        static_cast<float>((1 - momentum_) * running_variance[c] + momentum_ * variance * count / (count - 1));
  }
  set_factors();
}

Floats ChannelNorm::sign() const {
  Floats sign(channels_);
  for (int64_t c = 0; c < channels_; ++c) sign[c] = scale_.value.data_ptr<float>()[c] < 0 ? -1.0f : 1.0f;
  return sign;
}

/// dx = a·(g − Σg/n − x̂·Σ(g·x̂)/n) with a = scale / deviation.
ChannelNorm::Backward ChannelNorm::backward(const ChannelSums& sums, double count) {
  scale_.gradient = at::empty({channels_}, at::TensorOptions().dtype(at::kFloat));
  shift_.gradient = at::empty({channels_}, at::TensorOptions().dtype(at::kFloat));
  Backward result{Floats(channels_), Floats(channels_)};
  for (int64_t c = 0; c < channels_; ++c) {
    const double a = factor_[c], inverse = inverse_deviation_[c];
    scale_.gradient.data_ptr<float>()[c] = static_cast<float>(sums.two[c] * inverse);
    shift_.gradient.data_ptr<float>()[c] = static_cast<float>(sums.one[c]);
    const double along = a * inverse * inverse * sums.two[c] / count;
    result.slope[c] = static_cast<float>(-along);
    result.base[c] = static_cast<float>(along * mean_[c] - a * sums.one[c] / count);
  }
  return result;
}

}  // namespace ravine
