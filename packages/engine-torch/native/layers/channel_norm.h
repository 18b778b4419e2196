// What the fused batch normalisations share: from sums over a batch to the factors of the forward and backward pass.
#pragma once

#include <vector>

#include "kernels/norm_rows.h"
#include "layers/layer.h"

namespace ravine {

using Floats = std::vector<float>;

/// Two sums per channel, in double precision.
struct ChannelSums {
  std::vector<double> one, two;
};

class ChannelNorm {
 public:
  explicit ChannelNorm(const LayerContext& context);

  int64_t channels() const { return channels_; }
  /// y = x·factor + offset is the normalised value, from the running statistics.
  void use_running_statistics();
  /// The same from a batch of `count` values per channel: `sums` are Σ(x − center) and Σ(x − center)². Moves the
  /// running statistics.
  void use_batch_statistics(const ChannelSums& sums, const float* center, double count);

  const float* factor() const { return factor_.data(); }
  const float* offset() const { return offset_.data(); }
  /// 1, or −1 for channels whose order the normalisation turns around.
  Floats sign() const;
  /// What the kernels of the backward pass need.
  NormChannels channels_of_pass() const { return {factor_.data(), offset_.data(), mean_.data()}; }

  /// dx = g·factor + x·slope + base. `sums` are Σg and Σg·(x − mean). Sets the gradients of scale and shift.
  struct Backward {
    Floats slope, base;
  };
  Backward backward(const ChannelSums& sums, double count);

 private:
  void set_factors();

  double momentum_, epsilon_;
  int64_t channels_;
  Parameter& scale_;
  Parameter& shift_;
  at::Tensor running_mean_, running_variance_;
  Floats mean_, inverse_deviation_, factor_, offset_;  // of the last forward pass
};

}  // namespace ravine
