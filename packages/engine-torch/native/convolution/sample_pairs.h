// bf16 images laid out for vdpbf16ps, which multiplies and adds neighbouring values in pairs. Neighbours are here the
// same value of two samples of a batch: whatever the shift or the stride of a kernel, it only picks another pixel.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/simd.h"

namespace ravine {

/// Channels that are packed side by side: with two samples of each they fill a cache line.
constexpr int64_t kPanel = 16;
constexpr int64_t kLine = 64;

/// A packed pixel is [panels of channels][pairs of samples][16 channels][2 samples], zero where the image has none.
struct PairLayout {
  int64_t panels;
  int64_t pairs;

  int64_t panel_bytes() const { return pairs * kLine; }
  /// One panel is left out after each pixel: pixels a power of two apart would meet in few places of the cache.
  int64_t pixel_bytes() const { return (panels + 1) * panel_bytes(); }
};

/// A row of pixels of neighbouring samples, channels last; packed are channels [begin, end).
struct SampleRows {
  const Bits16* first;    // pixel 0 of the first sample
  int64_t samples;        // at most two for each pair
  int64_t sample_stride;  // in values, like all below
  int64_t row_values;
  int64_t channels;
  int64_t begin, end;
};

/// Packs the pixels named in `columns`, pixel c to target + c·pixel_bytes, and adds their values to `sums`
/// [panels × 16] unless that is null. Only on processors with AVX512-BF16.
void pack_pairs(const SampleRows& rows, const std::vector<int32_t>& columns, PairLayout layout, char* target,
                float* sums);

}  // namespace ravine
