// Work on the tiles of a batch in blocks that stay in a core's cache.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>

#include "convolution/tile_grid.h"

namespace ravine {

/// Cache lines that `bytes` take, made an odd number: what lies a power of two apart meets in few places of the cache.
constexpr int64_t odd_lines(int64_t bytes) { return (bytes + 63) / 64 | 1; }

/// Calls work(memory, tiles) on all threads for blocks of at most `most` tiles: of as equal size as can be, and every
/// thread gets as many. `make_memory` makes what a thread needs.
template <class MakeMemory, class Work>
void for_each_block(int64_t tiles, int64_t most, const MakeMemory& make_memory, const Work& work) {
  const int64_t threads = at::get_num_threads();
  const int64_t rounds = (tiles + threads * most - 1) / (threads * most);
  const int64_t blocks = std::min(tiles, rounds * threads);
  at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
    const auto memory = make_memory();
    for (int64_t i = begin; i < end; ++i) work(memory, TileRange{i * tiles / blocks, (i + 1) * tiles / blocks});
  });
}

}  // namespace ravine
