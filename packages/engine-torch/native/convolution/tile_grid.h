// How Winograd's algorithms cut a batch of images into tiles.
#pragma once

#include <algorithm>

#include "convolution/conv_sizes.h"

namespace ravine {

/// The tiles of a batch, numbered by sample, row and column. Of the last ones in an image a part may lie outside.
struct TileGrid {
  int64_t samples, rows, columns;

  int64_t count() const { return samples * rows * columns; }
};

/// Pixels of the output that a tile makes.
struct TileSize {
  int64_t height, width;
};

inline TileGrid tiles_of(const ConvSizes& s, TileSize tile) {
  return {s.samples, (s.out_height + tile.height - 1) / tile.height, (s.out_width + tile.width - 1) / tile.width};
}

/// Tiles of a grid.
struct TileRange {
  int64_t begin, end;
};

/// Channels of an image.
struct Channels {
  int64_t begin, end;

  int64_t count() const { return end - begin; }
};

/// Neighbouring tiles of one row; `first` is the place of their first one in the range.
struct TileSegment {
  int64_t sample, row, column, count, first;
};

/// Goes through a range of tiles in pieces that lie in one row.
template <class Work>
void for_each_segment(const TileGrid& grid, TileRange range, const Work& work) {
  for (int64_t tile = range.begin; tile < range.end;) {
    const int64_t column = tile % grid.columns;
    const int64_t count = std::min(grid.columns - column, range.end - tile);
    work(TileSegment{tile / (grid.columns * grid.rows), tile / grid.columns % grid.rows, column, count,
                     tile - range.begin});
    tile += count;
  }
}

}  // namespace ravine
