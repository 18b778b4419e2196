#include "convolution/tile_products.h"

#include <cstring>

#include "convolution/avx512_bf16.h"

#if RAVINE_HAS_AVX512_BF16
namespace ravine {
namespace {

constexpr int kLine = 32;  // values in a vector of pairs

/// Tiles × Panels·16 channels, all of whose sums stay in registers.
template <int Tiles, int Panels>
RAVINE_AVX512_BF16 void multiply_block(const TileFilterProducts& work, int64_t first) {
  __m512 sums[Tiles][Panels];  // loops over them are unrolled, or gcc keeps them in memory
#pragma GCC unroll 16
  for (int t = 0; t < Tiles; ++t) {
#pragma GCC unroll 4
    for (int v = 0; v < Panels; ++v) sums[t][v] = _mm512_setzero_ps();
  }
  const Bits16* tile = work.tiles + first * work.tile_stride;
  const Bits16* filter = work.filters;
  for (int64_t pair = 0; pair < work.pairs; ++pair, tile += 2, filter += Panels * kLine) {
    __m512bh filters[Panels];
    for (int v = 0; v < Panels; ++v) filters[v] = (__m512bh)_mm512_loadu_si512(filter + v * kLine);
#pragma GCC unroll 16
    for (int t = 0; t < Tiles; ++t) {
      int32_t values;
      std::memcpy(&values, tile + t * work.tile_stride, sizeof values);
      const __m512bh both = (__m512bh)_mm512_set1_epi32(values);
      for (int v = 0; v < Panels; ++v) sums[t][v] = _mm512_dpbf16_ps(sums[t][v], filters[v], both);
    }
  }
#pragma GCC unroll 16
  for (int t = 0; t < Tiles; ++t) {
    float* target = work.products + (first + t) * Panels * 16;
#pragma GCC unroll 4
    for (int v = 0; v < Panels; ++v) _mm512_storeu_ps(target + v * 16, sums[t][v]);
  }
}

template <int Tiles, int Panels>
void multiply_all(const TileFilterProducts& work) {
  for (int64_t first = 0; first < work.tiles_count; first += Tiles) multiply_block<Tiles, Panels>(work, first);
}

}  // namespace

int64_t tile_block(int64_t width) { return width > 48 ? 6 : width > 32 ? 8 : 12; }

void multiply_tiles(const TileFilterProducts& work) {
  switch (work.width) {
    case 16:
      return multiply_all<12, 1>(work);
    case 32:
      return multiply_all<12, 2>(work);
    case 48:
      return multiply_all<8, 3>(work);
    default:
      return multiply_all<6, 4>(work);
  }
}

}  // namespace ravine
#endif
