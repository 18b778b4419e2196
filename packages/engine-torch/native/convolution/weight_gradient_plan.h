// In which pieces a convolution's weight gradient is summed, so that packed data stays in a core's cache.
#pragma once

#include <cstdint>
#include <vector>

#include "convolution/conv_sizes.h"

namespace ravine {

/// Some rows of the output for some samples, and the rows of the input that they need and the stage before has not.
struct Stage {
  int64_t first_sample, samples;
  int64_t row_begin, row_end;
  int64_t input_begin, input_end;
};

struct WeightGradientPlan {
  std::vector<Stage> stages;
  int64_t pairs;       // of samples, in each stage
  int64_t rows;        // of the output, at most
  int64_t input_rows;  // that are kept; row h lies at h modulo this
  int64_t run;         // pixels whose products are summed before they are added to memory
};

/// Depends on the sizes only, never on the number of threads: it fixes the order of every sum.
WeightGradientPlan plan_weight_gradient(const ConvSizes& sizes);

/// Input channels whose products with 16 output channels the innermost loop sums.
constexpr int64_t kInputBlock = 64;

/// A rectangle of the weights, the same for all taps, that one thread computes.
struct Share {
  int64_t out_begin, out_end, in_begin, in_end;
};

/// Splits the outputs, or the inputs where these are more to pack: every share packs what it is not split by. Both are
/// split where there are more threads than pieces. No share has less than `output_unit` outputs, unless there are fewer.
std::vector<Share> shares_of(const ConvSizes& s, int64_t threads, int64_t output_unit);

/// Of a Winograd convolution: transformed tiles of `positions` fp32 values per channel (or pairs of them in bf16) in a
/// stage. They stay in a core's cache, but more are taken where the filters are large, because every stage reads and
/// writes them all. Depends on the sizes only: it fixes the order of every sum.
int64_t tiles_in_stage(const ConvSizes& s, int64_t positions);

}  // namespace ravine
