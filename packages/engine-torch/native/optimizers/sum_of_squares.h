// Σ x², one vector loop.
#pragma once

#include <cstdint>
#include <numeric>

#include "gradient_values.h"

namespace ravine {

/// In double precision, in an order that depends on nothing but the number of values.
template <class G>
double sum_of_squares(const G* values, int64_t count) {
  // Four vectors of the widest kind: a single running sum would wait for each addition to finish.
  constexpr int64_t kSums = 32;
  double sums[kSums] = {};
  int64_t i = 0;
  for (; i + kSums <= count; i += kSums) {
    for (int64_t lane = 0; lane < kSums; ++lane) {
      const double value = to_number(values[i + lane]);
      sums[lane] += value * value;
    }
  }
  for (int64_t lane = 0; i < count; ++i, ++lane) {
    const double value = to_number(values[i]);
    sums[lane] += value * value;
  }
  return std::accumulate(sums, sums + kSums, 0.0);
}

}  // namespace ravine
