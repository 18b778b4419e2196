// Rows of an image with channels last, with zeros around it, read in groups of 32 channels.
#pragma once

#include "convolution/bf16_vectors.h"

#if RAVINE_HAS_AVX512_BF16
namespace ravine {

struct ImageSizes {
  int64_t samples, height, width, channels;
};

/// One group of channels of one row.
class PixelRow {
 public:
  /// A row or a sample that does not exist is zero.
  PixelRow(const ImageSizes& s, const Bits16* images, int64_t sample, int64_t row, int64_t channel, __mmask32 group)
      : start_(images + ((sample * s.height + row) * s.width) * s.channels + channel),
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
  static constexpr int64_t kAhead = 12;  // pixels: too many rows are read at once for the processor to foresee them

  const Bits16* start_;
  int64_t stride_;
  uint64_t width_;
  __mmask32 group_;
};

}  // namespace ravine
#endif
