// Vectors of channels on processors with AVX512-BF16: in fp32 for sums, in bf16 in memory.
//
// 32 neighbouring channels are taken at once and held as two vectors of 16: the even ones, then the odd ones. That takes
// one instruction each; to hold them in their own order would take two more.
#pragma once

#include "convolution/avx512_bf16.h"
#include "kernels/simd.h"

namespace ravine {

/// Channels in a vector, and in the group that is taken at once.
constexpr int64_t kLanes = 16, kGroup = 32;

/// Channels, rounded up to whole groups.
inline int64_t whole_groups(int64_t channels) { return (channels + kGroup - 1) / kGroup * kGroup; }

/// The channel at a place of the order even before odd in each group.
inline int64_t channel_at(int64_t place) {
  return place / kGroup * kGroup + place % kLanes * 2 + place % kGroup / kLanes;
}

}  // namespace ravine

#if RAVINE_HAS_AVX512_BF16
#define RAVINE_BF16_INLINE RAVINE_AVX512_BF16 inline __attribute__((always_inline))

namespace ravine {

/// The lanes of 16 or 32 channels that begin `left` channels before the end.
inline __mmask16 lanes_of(int64_t left) {
  return left >= kLanes ? 0xffff : left <= 0 ? 0 : static_cast<__mmask16>((1u << left) - 1);
}
inline __mmask32 group_of(int64_t left) { return left >= kGroup ? 0xffffffffu : (1u << left) - 1; }

/// 16 neighbouring channels that exist; 0 in the other lanes.
RAVINE_BF16_INLINE __m512 load_lanes(const Bits16* values, __mmask16 lanes) {
  const __m256i bits = _mm256_maskz_loadu_epi16(lanes, values);
  return _mm512_castsi512_ps(_mm512_maskz_slli_epi32(0xffff, _mm512_maskz_cvtepu16_epi32(0xffff, bits), 16));
}

/// The low or the high bf16 values of 16 pairs.
RAVINE_BF16_INLINE __m512 low_of(__m512i pairs) {
  return _mm512_castsi512_ps(_mm512_maskz_slli_epi32(0xffff, pairs, 16));
}
RAVINE_BF16_INLINE __m512 high_of(__m512i pairs) {
  return _mm512_castsi512_ps(_mm512_and_si512(pairs, _mm512_set1_epi32(static_cast<int>(0xffff0000u))));
}

RAVINE_BF16_INLINE __m256i rounded(__m512 values) { return (__m256i)_mm512_cvtneps_pbh(values); }

/// Rounds two vectors, the first into the lower half.
RAVINE_BF16_INLINE __m512i rounded_halves(__m512 first, __m512 second) {
  return (__m512i)_mm512_cvtne2ps_pbh(second, first);
}

/// Rounds two vectors and puts their lanes side by side: first[0], second[0], first[1], …
RAVINE_BF16_INLINE __m512i rounded_pairs(__m512 first, __m512 second) {
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21,
                                         5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return _mm512_maskz_permutexvar_epi16(0xffffffff, order, rounded_halves(first, second));
}

}  // namespace ravine
#endif
