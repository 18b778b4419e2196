#include "convolution/pair_products.h"

#include <algorithm>
#include <cstring>

#include "convolution/avx512_bf16.h"

#if RAVINE_HAS_AVX512_BF16
namespace ravine {
namespace {

/// Outputs [first, first + Rows) × Panels·16 inputs, all of whose sums stay in registers.
template <int Rows, int Panels>
RAVINE_AVX512_BF16 void add_block(const ProductTile& tile, int64_t first, const JoinedPixels* pixels, int64_t count) {
  __m512 sums[Rows][Panels];  // loops over them are unrolled, or gcc keeps them in memory
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < Panels; ++v) sums[r][v] = _mm512_setzero_ps();
  }
  const char* gradients = tile.gradient + 4 * first;
  for (int64_t i = 0; i < count; ++i) {
    const char* x = tile.input + pixels[i].input;
    const char* g = gradients + pixels[i].gradient;
    for (const char* end = x + tile.pairs * kLine; x != end; x += kLine, g += kLine) {
      __m512bh inputs[Panels];
      for (int v = 0; v < Panels; ++v) inputs[v] = (__m512bh)_mm512_load_si512(x + v * tile.panel_bytes);
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r) {
        int32_t pair;
        std::memcpy(&pair, g + 4 * r, sizeof pair);
        const __m512bh both = (__m512bh)_mm512_set1_epi32(pair);
        for (int v = 0; v < Panels; ++v) sums[r][v] = _mm512_dpbf16_ps(sums[r][v], inputs[v], both);
      }
    }
  }
  const int64_t rows = std::min<int64_t>(Rows, tile.outputs - first);
  const uint64_t lanes = ~uint64_t{0} >> (64 - tile.inputs);
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
    if (r >= rows) break;
#pragma GCC unroll 4
    for (int v = 0; v < Panels; ++v) {
      float* target = tile.sums + (first + r) * tile.output_stride + v * kPanel;
      const __mmask16 mask = static_cast<__mmask16>(lanes >> (v * kPanel));
      __m512 sum = sums[r][v];
      if (!tile.is_first) sum = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, target), sum);
      _mm512_mask_storeu_ps(target, mask, sum);
    }
  }
}

/// All outputs of the tile, as many at once as registers hold: 32, less the inputs' and one for the gradient.
template <int Panels>
void add_tile(const ProductTile& tile, const JoinedPixels* pixels, int64_t count) {
  if constexpr (Panels == 4) {
    add_block<6, 4>(tile, 0, pixels, count);
    if (tile.outputs > 6) add_block<5, 4>(tile, 6, pixels, count);
    if (tile.outputs > 11) add_block<5, 4>(tile, 11, pixels, count);
  } else if constexpr (Panels == 1) {
    add_block<16, 1>(tile, 0, pixels, count);
  } else {
    add_block<8, Panels>(tile, 0, pixels, count);
    if (tile.outputs > 8) add_block<8, Panels>(tile, 8, pixels, count);
  }
}

}  // namespace

void add_pair_products(const ProductTile& tile, const JoinedPixels* pixels, int64_t count) {
  switch ((tile.inputs + kPanel - 1) / kPanel) {
    case 1:
      return add_tile<1>(tile, pixels, count);
    case 2:
      return add_tile<2>(tile, pixels, count);
    case 3:
      return add_tile<3>(tile, pixels, count);
    default:
      return add_tile<4>(tile, pixels, count);
  }
}

}  // namespace ravine
#endif
