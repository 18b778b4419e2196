// Splits a loop into chunks of a fixed size and runs them on all threads, so that sums do not depend on their number.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <utility>

#include "layers/channel_norm.h"

namespace ravine {

/// Pixels per chunk, about: few enough for sums in fp32.
constexpr int64_t kChunkPixels = 256;

/// Calls `work(first, count, chunk)` for every chunk of `size` items.
template <class Work>
void for_each_chunk_of(int64_t items, int64_t size, const Work& work) {
  at::parallel_for(0, (items + size - 1) / size, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) work(i * size, std::min(size, items - i * size), i);
  });
}

/// Two sums per channel over all items. `add(first, count, first sums, second sums)` adds what a chunk gives.
template <class Add>
ChannelSums sum_chunks(int64_t items, int64_t size, int64_t channels, const Add& add) {
  const int64_t chunks = (items + size - 1) / size;
  Floats partial(chunks * 2 * channels, 0.0f);
  for_each_chunk_of(items, size, [&](int64_t first, int64_t count, int64_t chunk) {
    float* sums = partial.data() + chunk * 2 * channels;
    add(first, count, sums, sums + channels);
  });
  ChannelSums total{std::vector<double>(channels, 0.0), std::vector<double>(channels, 0.0)};
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    for (int64_t c = 0; c < channels; ++c) {
      total.one[c] += partial[(chunk * 2) * channels + c];
      total.two[c] += partial[(chunk * 2 + 1) * channels + c];
    }
  }
  return total;
}

}  // namespace ravine
