// Winograd's transforms between images and tiles, F(2×4, 3×3): an output tile of 2×4 pixels comes from an input tile of
// 4×6 pixels that overlaps its neighbours by two, with 24 products per pair of channels instead of 72 (Lavin and Gray
// 2016, Fast Algorithms for Convolutional Neural Networks, arXiv:1509.09308). Transforms are in fp32; what is multiplied
// is bf16. Only on processors with AVX512-BF16.
#pragma once

#include <cstdint>

#include "convolution/tile_grid.h"
#include "kernels/simd.h"

namespace ravine {

constexpr TileSize kTile{2, 4};

/// Products per tile and pair of channels: one for each position of a transformed tile of 4 rows, row by row.
constexpr int64_t kPositionColumns = 6, kPositions = 4 * kPositionColumns;

/// Tiles where two neighbouring samples are taken together.
inline TileGrid tile_pairs_of(const ConvSizes& s) {
  const TileGrid tiles = tiles_of(s, kTile);
  return {(s.samples + 1) / 2, tiles.rows, tiles.columns};
}

/// Images, channels last. With `winners`, the gradient behind ReLU and 2×2 max pooling, which is not spread over the images
/// it belongs to: a pixel has the gradient of its window if it won, that is if `winners` of the window is (row % 2)·2 +
/// column % 2, and else 0.
struct ImageValues {
  const Bits16* values;
  const uint8_t* winners = nullptr;
};

/// In `winners` where no pixel is above 0.
constexpr uint8_t kNoWinner = 4;

/// Where transformed tiles go: position p of tile t's channel at place c (bf16_vectors.h) is at values[p·position +
/// t·tile + c].
struct TileRows {
  Bits16* values;
  int64_t position, tile;  // strides, in values
};

/// The same in pairs for products that are summed over tiles, in panels of 16 places: values[p·position + panel·panel +
/// pair·32 + place·2 + sample of the pair].
struct TilePairs {
  Bits16* values;
  int64_t position, panel;  // strides, in values

  static constexpr int64_t kPair = 32;
};

/// Transforms input tiles, Bᵀ d B, of all channels; rows are filled up to whole groups with zeros.
void input_tiles(const ConvSizes& sizes, ImageValues images, TileRange tiles, const TileRows& target);

/// The same for pairs of tiles and some channels; a sample that does not exist is zero.
void input_tile_pairs(const ConvSizes& sizes, const Bits16* images, Channels channels, TileRange pairs,
                      const TilePairs& target);

/// Transforms the output's gradient, A d Aᵀ. Adds the gradient's values to `sums`, by place.
void gradient_tile_pairs(const ConvSizes& sizes, ImageValues gradient, Channels channels, TileRange pairs,
                         const TilePairs& target, float* sums);

/// Products of tiles and filters: position p of tile t's output o is at values[p·position + t·tile + o].
struct TileProducts {
  const float* values;
  int64_t position, tile;  // strides, in values
};

/// Outputs of a convolution. With `winners`, what ReLU and 2×2 max pooling make of them, and which pixel that was.
struct OutputImages {
  Bits16* values;
  uint8_t* winners = nullptr;
};

/// Writes some outputs of tiles into the images: Aᵀ m A + bias (unless null). Product 0 is that of the first of them.
void output_tiles(const ConvSizes& sizes, const TileProducts& products, TileRange tiles, Channels outputs,
                  const Bits16* bias, OutputImages images);

}  // namespace ravine
