// The axes of F(2×4, 3×3) on processors with AVX512-BF16: F(2, 3) with the points 0, ±1 and ∞ down a tile, F(4, 3) across.
#pragma once

#include "convolution/bf16_vectors.h"

#if RAVINE_HAS_AVX512_BF16
#define RAVINE_ISA avx512_bf16
#define RAVINE_REGISTER_INLINE RAVINE_BF16_INLINE
// Before the body of a lambda on Registers.
#define RAVINE_REGISTER_LAMBDA RAVINE_AVX512_BF16 __attribute__((always_inline))

namespace ravine::avx512_bf16 {

using Register = __m512;
RAVINE_BF16_INLINE Register multiply_add(Register a, Register b, Register c) { return _mm512_fmadd_ps(a, b, c); }
RAVINE_BF16_INLINE Register multiply_add(float a, Register b, Register c) {
  return _mm512_fmadd_ps(_mm512_set1_ps(a), b, c);
}

/// Aᵀ m
struct OutputAxis2 {
  static constexpr int kFrom = 4, kTo = 2;
  static RAVINE_BF16_INLINE void apply(const Register (&m)[4], Register (&to)[2]) {
    to[0] = m[0] + m[1] + m[2];
    to[1] = m[1] - m[2] + m[3];
  }
};

/// G g
struct FilterAxis2 {
  static constexpr int kFrom = 3, kTo = 4;
  static RAVINE_BF16_INLINE void apply(const Register (&g)[3], Register (&to)[4]) {
    const Register ends = (g[0] + g[2]) * 0.5f, middle = g[1] * 0.5f;
    to[0] = g[0];
    to[1] = ends + middle;
    to[2] = ends - middle;
    to[3] = g[2];
  }
};

/// Gᵀ d
struct FilterGradientAxis2 {
  static constexpr int kFrom = 4, kTo = 3;
  static RAVINE_BF16_INLINE void apply(const Register (&d)[4], Register (&to)[3]) {
    const Register sum = (d[1] + d[2]) * 0.5f;
    to[0] = d[0] + sum;
    to[1] = (d[1] - d[2]) * 0.5f;
    to[2] = sum + d[3];
  }
};

}  // namespace ravine::avx512_bf16

#include "kernels/winograd4_axes.h"
#endif
