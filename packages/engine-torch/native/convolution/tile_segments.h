// Goes through a range of tiles in pieces that lie in one row.
#pragma once

#include <algorithm>

#include "convolution/winograd_tiles.h"

namespace ravine {

/// Neighbouring tiles of one row; `first` is the place of their first one in the range.
struct TileSegment {
  int64_t sample, row, column, count, first;
};

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
