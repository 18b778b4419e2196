#include "convolution/weight_gradient_plan.h"

#include <algorithm>

#include "convolution/sample_pairs.h"

namespace ravine {
namespace {

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Rows of the input that `rows` rows of the output see.
int64_t rows_seen(const ConvSizes& s, int64_t rows) {
  return std::min(s.height, (rows - 1) * s.stride + s.kernel);
}

/// Bytes that a thread packs for a stage, where two threads share the outputs.
int64_t stage_bytes(const ConvSizes& s, int64_t pairs, int64_t rows) {
  const int64_t inputs = rows_seen(s, rows) * s.width * divide_up(s.inputs, kPanel);
  const int64_t outputs = rows * s.out_width * divide_up(s.outputs, 2 * kPanel);
  return (inputs + outputs) * pairs * kLine;
}

/// Half of a second-level cache; more where the weights are larger than that, because every stage reads and writes
/// them all.
int64_t stage_limit(const ConvSizes& s) {
  constexpr int64_t kSmall = 512 << 10, kLarge = 4 << 20;
  const int64_t weights = s.outputs * s.inputs * s.taps() * 4 / 2;
  return weights <= kSmall / 2 ? kSmall : std::clamp(weights, kSmall, kLarge);
}

/// Where part `part` of `parts` begins, of `count` things in `units` of `size` and a rest, which the last part takes.
int64_t border(int64_t part, int64_t parts, int64_t units, int64_t size, int64_t count) {
  return part == parts ? count : part * units / parts * size;
}

}  // namespace

WeightGradientPlan plan_weight_gradient(const ConvSizes& s) {
  constexpr int64_t kPairs = 8;  // of each pixel, or the loop over them is too short for its surroundings
  constexpr int64_t kRun = 128;  // products in a run: their 64 input channels take two thirds of a first-level cache
  const int64_t all_pairs = divide_up(s.samples, 2);
  const int64_t limit = stage_limit(s);
  const auto fits = [&](int64_t pairs, int64_t rows) { return stage_bytes(s, pairs, rows) <= limit; };

  int64_t pairs = std::min(all_pairs, kPairs);
  while (pairs > 1 && !fits(pairs, 1)) pairs = divide_up(pairs, 2);
  int64_t rows = 1;
  while (rows < s.out_height && fits(pairs, rows + 1)) ++rows;
  rows = divide_up(s.out_height, divide_up(s.out_height, rows));
  if (rows == s.out_height) {
    while (pairs < all_pairs && fits(std::min(all_pairs, 2 * pairs), rows)) pairs = std::min(all_pairs, 2 * pairs);
  }
  pairs = divide_up(all_pairs, divide_up(all_pairs, pairs));

  WeightGradientPlan plan{{}, pairs, rows, rows_seen(s, rows), std::max<int64_t>(1, kRun / pairs)};
  for (int64_t sample = 0; sample < s.samples; sample += 2 * pairs) {
    int64_t packed = 0;
    for (int64_t row = 0; row < s.out_height; row += rows) {
      const int64_t row_end = std::min(s.out_height, row + rows);
      const int64_t begin = std::max(packed, row * s.stride - s.padding);
      packed = std::max(begin, std::min(s.height, (row_end - 1) * s.stride - s.padding + s.kernel));
      plan.stages.push_back({sample, std::min(s.samples - sample, 2 * pairs), row, row_end, begin, packed});
    }
  }
  return plan;
}

std::vector<Share> shares_of(const ConvSizes& s, int64_t threads, int64_t output_unit) {
  const int64_t out_units = std::max<int64_t>(1, s.outputs / output_unit);
  const int64_t in_units = std::max<int64_t>(1, s.inputs / kInputBlock);
  const bool outputs_first = s.out_height * s.out_width * s.outputs >= s.height * s.width * s.inputs;
  int64_t in_parts = outputs_first ? 1 : std::min(threads, in_units);
  const int64_t out_parts = std::clamp<int64_t>(threads / in_parts, 1, out_units);
  in_parts = std::clamp<int64_t>(threads / out_parts, 1, in_units);
  std::vector<Share> shares;
  for (int64_t i = 0; i < in_parts; ++i) {
    for (int64_t o = 0; o < out_parts; ++o) {
      shares.push_back({border(o, out_parts, out_units, output_unit, s.outputs),
                        border(o + 1, out_parts, out_units, output_unit, s.outputs),
                        border(i, in_parts, in_units, kInputBlock, s.inputs),
                        border(i + 1, in_parts, in_units, kInputBlock, s.inputs)});
    }
  }
  return shares;
}

int64_t tiles_in_stage(const ConvSizes& s, int64_t positions) {
  const int64_t per_tile = positions * (s.inputs + s.outputs) * 4;
  const int64_t filters = positions * s.inputs * s.outputs * 4;
  const int64_t bytes = std::clamp<int64_t>(2 * filters, 4 << 20, 24 << 20);
  return std::clamp<int64_t>(bytes / per_tile / 16 * 16, 32, 512);
}

}  // namespace ravine
