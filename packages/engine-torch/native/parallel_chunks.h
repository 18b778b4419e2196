// Splits all parameters into pieces of bounded size, so that threads share work evenly and sums have one fixed order.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "parameters.h"

namespace ravine {

/// Elements [begin, end) of one parameter.
struct Chunk {
  const Parameter* parameter;
  int64_t begin;
  int64_t end;
};

inline std::vector<Chunk> chunks_of(const std::vector<Parameter>& parameters) {
  constexpr int64_t kChunk = 16384;  // three float arrays of this length stay in a core's second-level cache
  std::vector<Chunk> chunks;
  for (const Parameter& p : parameters) {
    for (int64_t begin = 0; begin < p.count; begin += kChunk) {
      chunks.push_back({&p, begin, std::min(p.count, begin + kChunk)});
    }
  }
  return chunks;
}

/// Calls `work(chunk, index)` for every chunk, on all threads of the session.
template <class Work>
void for_each_chunk(const std::vector<Chunk>& chunks, const Work& work) {
  at::parallel_for(0, static_cast<int64_t>(chunks.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) work(chunks[i], i);
  });
}

}  // namespace ravine
