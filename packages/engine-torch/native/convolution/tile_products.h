// The inner loop of Winograd's convolution: products of tiles and filters, summed over channels.
#pragma once

#include <cstdint>

#include "kernels/simd.h"

namespace ravine {

/// products[t][k] = Σ tiles[t][c] · filters[c][k] over pairs of channels. Only on processors with AVX512-BF16.
struct TileFilterProducts {
  const Bits16* tiles;   // [tiles rounded up to tile_block(width)][2 · pairs], rows `tile_stride` values apart
  int64_t tile_stride;
  int64_t tiles_count;
  const Bits16* filters; // [pairs][width][2]
  int64_t pairs;
  int64_t width;         // 16, 32, 48 or 64 target channels
  float* products;       // [tiles rounded up][width]
};

/// Tiles that the loop takes at once, as many as registers hold sums.
int64_t tile_block(int64_t width);

void multiply_tiles(const TileFilterProducts& work);

}  // namespace ravine
