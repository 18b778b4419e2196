#include "convolution/sample_pairs.h"

#include "convolution/avx512_bf16.h"

#if RAVINE_HAS_AVX512_BF16
namespace ravine {
namespace {

/// 16 channels of two samples, side by side. `lanes` are the channels that exist; a null sample is zero.
RAVINE_AVX512_BF16 inline __m512i interleave(const Bits16* a, const Bits16* b, __mmask16 lanes) {
  const __m256i low = a != nullptr ? _mm256_maskz_loadu_epi16(lanes, a) : _mm256_setzero_si256();
  const __m256i high = b != nullptr ? _mm256_maskz_loadu_epi16(lanes, b) : _mm256_setzero_si256();
  constexpr __mmask16 kAll = 0xffff;  // the forms without a mask make gcc 12 warn of what it leaves undefined
  const __m512i shifted = _mm512_maskz_slli_epi32(kAll, _mm512_maskz_cvtepu16_epi32(kAll, high), 16);
  return _mm512_or_si512(_mm512_maskz_cvtepu16_epi32(kAll, low), shifted);
}

/// Asks for what the next call reads: rows of different samples are too far apart for the processor to foresee.
inline void prefetch(const Bits16* values, int64_t count) {
  for (int64_t i = 0; i < count; i += kLine / 2) __builtin_prefetch(values + i, 0, 2);
}

}  // namespace

RAVINE_AVX512_BF16 void pack_pairs(const SampleRows& rows, const std::vector<int32_t>& columns, PairLayout layout,
                                   char* target, float* sums) {
  const __m512bh ones = (__m512bh)_mm512_set1_epi32(0x3f803f80);
  const int64_t wanted = rows.end - rows.begin;
  for (int64_t pair = 0; pair < layout.pairs; ++pair) {
    const Bits16* a = rows.first + 2 * pair * rows.sample_stride + rows.begin;
    const Bits16* b = a + rows.sample_stride;
    const bool has_a = 2 * pair < rows.samples, has_b = 2 * pair + 1 < rows.samples;
    const bool is_last = 2 * pair + 2 >= rows.samples;
    const int64_t ahead = is_last ? rows.row_values - 2 * pair * rows.sample_stride : 2 * rows.sample_stride;
    for (const int32_t column : columns) {
      const int64_t pixel = column * rows.channels;
      prefetch(a + pixel + ahead, wanted);
      prefetch(b + pixel + ahead, wanted);
      char* line = target + column * layout.pixel_bytes() + pair * kLine;
      for (int64_t c = 0; c < wanted; c += kPanel, line += layout.panel_bytes()) {
        const __mmask16 lanes = wanted - c >= kPanel ? 0xffff : static_cast<__mmask16>((1u << (wanted - c)) - 1);
        const Bits16* of_a = has_a ? a + pixel + c : nullptr;
        const Bits16* of_b = has_b ? b + pixel + c : nullptr;
        const __m512i values = interleave(of_a, of_b, lanes);
        _mm512_store_si512(line, values);
        if (sums != nullptr) {
          const __m512 sum = _mm512_dpbf16_ps(_mm512_loadu_ps(sums + c), (__m512bh)values, ones);
          _mm512_storeu_ps(sums + c, sum);
        }
      }
    }
  }
}

}  // namespace ravine
#endif
