// Winograd's transforms between images and tiles, F(2×2, 3×3): an output tile of 2×2 pixels comes from an input tile of
// 4×4 pixels that overlaps its neighbours by two, with 16 products per channel instead of 36 (Lavin and Gray 2016, Fast
// Algorithms for Convolutional Neural Networks, arXiv:1509.09308). Transforms are in fp32; what is multiplied is bf16.
#pragma once

#include <cstdint>

#include "convolution/conv_sizes.h"
#include "kernels/simd.h"

namespace ravine {

/// Products per tile and pair of channels: one for each position of a transformed 4×4 tile.
constexpr int64_t kPositions = 16;

/// The tiles of a batch, numbered by sample, row and column. The last row or column of an odd image is half empty.
struct TileGrid {
  int64_t samples, rows, columns;

  explicit TileGrid(const ConvSizes& s)
      : samples(s.samples), rows((s.out_height + 1) / 2), columns((s.out_width + 1) / 2) {}
  int64_t count() const { return samples * rows * columns; }
};

/// Where the transformed values of tiles go: position p of tile t's channel c is at values[p·position + t·tile + c].
struct TileRows {
  Bits16* values;
  int64_t position, tile;  // strides, in values
};

/// The same in pairs of tiles for products that are summed over tiles: [position][16 channels][pair of tiles][channel][2].
struct TilePairs {
  Bits16* values;
  int64_t position, panel;  // strides, in values

  static constexpr int64_t kPair = 32;  // 16 channels of two tiles
};

/// Transforms the input tiles [begin, end), Bᵀ d B. Rows are filled up to the next 16 channels with zeros.
void input_tiles(const ConvSizes& sizes, const Bits16* images, int64_t begin, int64_t end, const TileRows& target);

/// Channels [begin, end) of an image.
struct Channels {
  int64_t begin, end;
};

/// The same in pairs, of which the last is filled up with a tile of zeros, for some channels.
void input_tile_pairs(const ConvSizes& sizes, const Bits16* images, Channels channels, int64_t begin, int64_t end,
                      const TilePairs& target);

/// Transforms the output's gradient, A d Aᵀ, in pairs, and adds the gradient's values to `sums` [channels, rounded up to
/// 16].
void gradient_tile_pairs(const ConvSizes& sizes, const Bits16* gradient, Channels channels, int64_t begin, int64_t end,
                         const TilePairs& target, float* sums);

/// Products of tiles and filters: position p of tile t's output o is at values[p·position + t·tile + o].
struct TileProducts {
  const float* values;
  int64_t position, tile;  // strides, in values
};

/// Writes outputs [first, first + count) of the tiles [begin, end) into the images: Aᵀ m A + bias (unless null).
void output_tiles(const ConvSizes& sizes, const TileProducts& products, int64_t begin, int64_t end, int64_t first,
                  int64_t count, const Bits16* bias, Bits16* images);

}  // namespace ravine
