// Vectors of 16 channels on processors with AVX512-BF16: in fp32 for sums, in bf16 in memory.
#pragma once

#include "convolution/avx512_bf16.h"
#include "kernels/simd.h"

#if RAVINE_HAS_AVX512_BF16
#define RAVINE_BF16_INLINE RAVINE_AVX512_BF16 inline __attribute__((always_inline))

namespace ravine {

/// Channels in a vector.
constexpr int64_t kLanes = 16;

/// The lanes of the vector that begins `left` channels before the end.
inline __mmask16 lanes_of(int64_t left) {
  return left >= kLanes ? 0xffff : static_cast<__mmask16>((1u << left) - 1);
}

/// The lanes that exist; 0 in the others.
RAVINE_BF16_INLINE __m512 load_lanes(const Bits16* values, __mmask16 lanes) {
  const __m256i bits = _mm256_maskz_loadu_epi16(lanes, values);
  return _mm512_castsi512_ps(_mm512_maskz_slli_epi32(0xffff, _mm512_maskz_cvtepu16_epi32(0xffff, bits), 16));
}

RAVINE_BF16_INLINE __m256i rounded(__m512 values) { return (__m256i)_mm512_cvtneps_pbh(values); }

/// Rounds two vectors and puts their lanes side by side: first[0], second[0], first[1], …
RAVINE_BF16_INLINE __m512i rounded_pairs(__m512 first, __m512 second) {
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21,
                                         5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return _mm512_maskz_permutexvar_epi16(0xffffffff, order, (__m512i)_mm512_cvtne2ps_pbh(second, first));
}

}  // namespace ravine
#endif
