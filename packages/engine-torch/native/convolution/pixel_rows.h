// Rows of an image with channels last, with zeros around it, read in groups of 32 channels.
#pragma once

#include "convolution/bf16_vectors.h"
#include "convolution/winograd_tiles.h"

#if RAVINE_HAS_AVX512_BF16
namespace ravine {

struct ImageSizes {
  int64_t samples, height, width, channels;
};

/// Pixels ahead that are asked for: too many rows are read at once for the processor to foresee them.
constexpr int64_t kAhead = 12;

/// One group of channels of one row.
class PixelRow {
 public:
  /// A row or a sample that does not exist is zero.
  PixelRow(const ImageSizes& s, ImageValues images, int64_t sample, int64_t row, int64_t channel, __mmask32 group)
      : start_(images.values + ((sample * s.height + row) * s.width) * s.channels + channel),
        stride_(s.channels),
        width_(row >= 0 && row < s.height && sample < s.samples ? static_cast<uint64_t>(s.width) : 0),
        group_(group) {}

  RAVINE_BF16_INLINE __m512i at(int64_t column) const {
    if (static_cast<uint64_t>(column) >= width_) return _mm512_setzero_si512();
    const Bits16* pixel = start_ + column * stride_;
    __builtin_prefetch(pixel + kAhead * stride_);
    return _mm512_maskz_loadu_epi16(group_, pixel);
  }

 private:
  const Bits16* start_;
  int64_t stride_;
  uint64_t width_;
  __mmask32 group_;
};

/// The same of a gradient behind ReLU and 2×2 max pooling; `s` are the sizes before it, even ones.
class PooledRow {
 public:
  PooledRow(const ImageSizes& s, ImageValues images, int64_t sample, int64_t row, int64_t channel, __mmask32 group)
      : start_(((sample * s.height + row) / 2 * (s.width / 2)) * s.channels + channel),
        values_(images.values + start_),
        winners_(images.winners + start_),
        stride_(s.channels),
        width_(row >= 0 && row < s.height && sample < s.samples ? static_cast<uint64_t>(s.width) : 0),
        first_(static_cast<char>((row & 1) * 2)),
        group_(group) {}

  RAVINE_BF16_INLINE __m512i at(int64_t column) const {
    if (static_cast<uint64_t>(column) >= width_) return _mm512_setzero_si512();
    const int64_t window = column / 2 * stride_;
    __builtin_prefetch(values_ + window + kAhead / 2 * stride_);
    __builtin_prefetch(winners_ + window + kAhead * stride_);
    const __m256i winners = _mm256_maskz_loadu_epi8(group_, winners_ + window);
    const __m256i here = _mm256_set1_epi8(static_cast<char>(first_ + (column & 1)));
    return _mm512_maskz_loadu_epi16(_mm256_mask_cmpeq_epi8_mask(group_, winners, here), values_ + window);
  }

 private:
  int64_t start_;
  const Bits16* values_;
  const uint8_t* winners_;
  int64_t stride_;
  uint64_t width_;
  char first_;
  __mmask32 group_;
};

}  // namespace ravine
#endif
