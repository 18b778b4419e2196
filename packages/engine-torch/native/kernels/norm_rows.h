// Batch normalisation, with a ReLU after it or not, over rows of channels: an image kept channels last is one row per
// pixel. Sums of a chunk are in fp32 and few; the caller adds the chunks up in double.
#pragma once

#include <cstdint>

#include "kernels/isa.h"

namespace ravine {

/// What the backward pass needs of each channel.
struct NormChannels {
  const float* scale;   // of the forward pass
  const float* offset;  // of the forward pass
  const float* mean;
};

template <class T>
struct NormKernels {
  /// Adds Σ(x − shift) and Σ(x − shift)² of each channel to `sum` and `square`.
  void (*sum)(const T* x, int64_t rows, int64_t channels, const float* shift, float* sum, float* square);

  /// y = x·scale + offset, cut at 0 when `relu`. NaN stays NaN. `y` may be `x`.
  void (*scale)(const T* x, T* y, int64_t rows, int64_t channels, const float* scale, const float* offset, bool relu);

  /// y = x·scale + offset + residual, cut at 0. NaN stays NaN.
  void (*scale_add)(const T* x, const T* residual, T* y, int64_t rows, int64_t channels, const float* scale,
                    const float* offset);

  /// Adds Σg and Σg·(x − mean) to `sum` and `product`, with g = 0 where the ReLU gave 0.
  void (*sum_gradient)(const T* x, const T* gradient, int64_t rows, int64_t channels, NormChannels norm, bool relu,
                       float* sum, float* product);

  /// passed = gradient where `output` is above 0, else 0; adds Σ passed and Σ passed·(x − mean) to `sum` and `product`.
  /// `passed` may be `gradient`.
  void (*sum_passed)(const T* x, const T* output, const T* gradient, T* passed, int64_t rows, int64_t channels,
                     const float* mean, float* sum, float* product);

  /// dx = g·scale + x·slope + base, with g = 0 where the ReLU gave 0. `dx` may be `x`.
  void (*gradient)(const T* x, const T* gradient, T* dx, int64_t rows, int64_t channels, NormChannels norm, bool relu,
                   const float* slope, const float* base);
};

RAVINE_KERNELS(NormKernels, norm_kernels)

}  // namespace ravine
