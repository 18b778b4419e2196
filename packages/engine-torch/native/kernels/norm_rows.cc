#include "kernels/norm_rows.h"

namespace ravine {
namespace {

template <class T>
RAVINE_INLINE void sum_body(const T* __restrict x, int64_t rows, int64_t channels, const float* __restrict shift,
                            float* __restrict sum, float* __restrict square) {
  for (int64_t row = 0; row < rows; ++row, x += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      const float d = to_float(x[c]) - shift[c];
      sum[c] += d;
      square[c] += d * d;
    }
  }
}

template <bool relu, class T>
RAVINE_INLINE void scale_body(const T* __restrict x, T* __restrict y, int64_t rows, int64_t channels,
                              const float* __restrict scale, const float* __restrict offset) {
  for (int64_t row = 0; row < rows; ++row, x += channels, y += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      const float value = to_float(x[c]) * scale[c] + offset[c];
      store(y + c, relu && value < 0 ? 0.0f : value);
    }
  }
}

/// The gradient that passes the ReLU.
template <bool relu>
RAVINE_INLINE float passed(float gradient, float x, float scale, float offset) {
  return relu && x * scale + offset <= 0 ? 0.0f : gradient;
}

template <bool relu, class T>
RAVINE_INLINE void sum_gradient_body(const T* __restrict x, const T* __restrict gradient, int64_t rows,
                                     int64_t channels, NormChannels norm, float* __restrict sum,
                                     float* __restrict product) {
  const float* __restrict scale = norm.scale;
  const float* __restrict offset = norm.offset;
  const float* __restrict mean = norm.mean;
  for (int64_t row = 0; row < rows; ++row, x += channels, gradient += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      const float value = to_float(x[c]);
      const float g = passed<relu>(to_float(gradient[c]), value, scale[c], offset[c]);
      sum[c] += g;
      product[c] += g * (value - mean[c]);
    }
  }
}

template <bool relu, class T>
RAVINE_INLINE void gradient_body(const T* __restrict x, const T* __restrict gradient, T* __restrict dx, int64_t rows,
                                 int64_t channels, NormChannels norm, const float* __restrict slope,
                                 const float* __restrict base) {
  const float* __restrict scale = norm.scale;
  const float* __restrict offset = norm.offset;
  for (int64_t row = 0; row < rows; ++row, x += channels, gradient += channels, dx += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      const float value = to_float(x[c]);
      const float g = passed<relu>(to_float(gradient[c]), value, scale[c], offset[c]);
      store(dx + c, g * scale[c] + value * slope[c] + base[c]);
    }
  }
}

}  // namespace

RAVINE_SIMD void sum_rows(const float* x, int64_t rows, int64_t channels, const float* shift, float* sum,
                          float* square) {
  sum_body(x, rows, channels, shift, sum, square);
}
RAVINE_SIMD void sum_rows(const Bits16* x, int64_t rows, int64_t channels, const float* shift, float* sum,
                          float* square) {
  sum_body(x, rows, channels, shift, sum, square);
}

RAVINE_SIMD void scale_rows(const float* x, float* y, int64_t rows, int64_t channels, const float* scale,
                            const float* offset, bool relu) {
  relu ? scale_body<true>(x, y, rows, channels, scale, offset) : scale_body<false>(x, y, rows, channels, scale, offset);
}
RAVINE_SIMD void scale_rows(const Bits16* x, Bits16* y, int64_t rows, int64_t channels, const float* scale,
                            const float* offset, bool relu) {
  relu ? scale_body<true>(x, y, rows, channels, scale, offset) : scale_body<false>(x, y, rows, channels, scale, offset);
}

RAVINE_SIMD void sum_gradient_rows(const float* x, const float* gradient, int64_t rows, int64_t channels,
                                   NormChannels norm, bool relu, float* sum, float* product) {
  relu ? sum_gradient_body<true>(x, gradient, rows, channels, norm, sum, product)
       : sum_gradient_body<false>(x, gradient, rows, channels, norm, sum, product);
}
RAVINE_SIMD void sum_gradient_rows(const Bits16* x, const Bits16* gradient, int64_t rows, int64_t channels,
                                   NormChannels norm, bool relu, float* sum, float* product) {
  relu ? sum_gradient_body<true>(x, gradient, rows, channels, norm, sum, product)
       : sum_gradient_body<false>(x, gradient, rows, channels, norm, sum, product);
}

RAVINE_SIMD void gradient_rows(const float* x, const float* gradient, float* dx, int64_t rows, int64_t channels,
                               NormChannels norm, bool relu, const float* slope, const float* base) {
  relu ? gradient_body<true>(x, gradient, dx, rows, channels, norm, slope, base)
       : gradient_body<false>(x, gradient, dx, rows, channels, norm, slope, base);
}
RAVINE_SIMD void gradient_rows(const Bits16* x, const Bits16* gradient, Bits16* dx, int64_t rows, int64_t channels,
                               NormChannels norm, bool relu, const float* slope, const float* base) {
  relu ? gradient_body<true>(x, gradient, dx, rows, channels, norm, slope, base)
       : gradient_body<false>(x, gradient, dx, rows, channels, norm, slope, base);
}

}  // namespace ravine
