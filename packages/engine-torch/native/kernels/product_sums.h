// Sums of products in fp32: a matrix product of small pieces that lie in caches.
#pragma once

#include <cstdint>

#include "kernels/isa.h"

namespace ravine {

/// sums[r][c] = Σ a[r·a_row + k·a_step] · b[k·b_step + c] over k < steps, each sum in the order of k.
struct ProductSums {
  const float* a;
  int64_t a_row, a_step;
  const float* b;
  int64_t b_step;
  int64_t steps, rows, columns;
  float* sums;  // [rows rounded up to kRowsAtOnce][columns]
  bool adds;    // to what `sums` hold

  /// Whole groups of rows are computed: `a` may be read and `sums` written up to this many rows less one behind the last.
  static constexpr int64_t kRowsAtOnce = 12;
};

struct ProductKernels {
  int64_t columns;  // at most at a time; always a multiple of 16
  void (*add)(const ProductSums& work);
};

RAVINE_FLOAT_KERNELS(ProductKernels, product_kernels)

}  // namespace ravine
