// Batch normalisation, with a ReLU after it or not, over rows of channels: an image kept channels last is one row per
// pixel. Sums of a chunk are in fp32 and few; the caller adds the chunks up in double.
#pragma once

#include <cstdint>

#include "kernels/simd.h"

namespace ravine {

/// Adds Σ(x − shift) and Σ(x − shift)² of each channel to `sum` and `square`.
void sum_rows(const float* x, int64_t rows, int64_t channels, const float* shift, float* sum, float* square);
void sum_rows(const Bits16* x, int64_t rows, int64_t channels, const float* shift, float* sum, float* square);

/// y = x·scale + offset, cut at 0 when `relu`. NaN stays NaN.
void scale_rows(const float* x, float* y, int64_t rows, int64_t channels, const float* scale, const float* offset,
                bool relu);
void scale_rows(const Bits16* x, Bits16* y, int64_t rows, int64_t channels, const float* scale, const float* offset,
                bool relu);

/// What the backward pass needs of each channel.
struct NormChannels {
  const float* scale;   // of the forward pass
  const float* offset;  // of the forward pass
  const float* mean;
};

/// Adds Σg and Σg·(x − mean) to `sum` and `product`, with g = 0 where the ReLU gave 0.
void sum_gradient_rows(const float* x, const float* gradient, int64_t rows, int64_t channels, NormChannels norm,
                       bool relu, float* sum, float* product);
void sum_gradient_rows(const Bits16* x, const Bits16* gradient, int64_t rows, int64_t channels, NormChannels norm,
                       bool relu, float* sum, float* product);

/// dx = g·scale + x·slope + base, with g = 0 where the ReLU gave 0.
void gradient_rows(const float* x, const float* gradient, float* dx, int64_t rows, int64_t channels, NormChannels norm,
                   bool relu, const float* slope, const float* base);
void gradient_rows(const Bits16* x, const Bits16* gradient, Bits16* dx, int64_t rows, int64_t channels,
                   NormChannels norm, bool relu, const float* slope, const float* base);

}  // namespace ravine
