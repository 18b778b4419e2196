// Work on the tiles of a batch in blocks that stay in a core's cache.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>

#include "convolution/tile_grid.h"

namespace ravine {

/// Cache lines that `bytes` take, made an odd number: what lies a power of two apart meets in few places of the cache.
constexpr int64_t odd_lines(int64_t bytes) { return (bytes + 63) / 64 | 1; }

/// Tiles in a block: at most `most`, a multiple of `unit`, which are multiplied together whether they are all there or not.
struct BlockSize {
  int64_t most, unit;
};

/// Calls work(memory, tiles) on all threads for blocks of whole units: of as equal size as can be, and every thread gets
/// as many. `make_memory` makes what a thread needs.
template <class MakeMemory, class Work>
void for_each_block(int64_t tiles, BlockSize size, const MakeMemory& make_memory, const Work& work) {
  const int64_t threads = at::get_num_threads(), most = threads * (size.most / size.unit);
  const int64_t units = (tiles + size.unit - 1) / size.unit;
  const int64_t blocks = std::min(units, (units + most - 1) / most * threads);
  at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
    const auto memory = make_memory();
    const auto border = [&](int64_t block) { return std::min(tiles, block * units / blocks * size.unit); };
    for (int64_t i = begin; i < end; ++i) work(memory, TileRange{border(i), border(i + 1)});
  });
}

}  // namespace ravine
