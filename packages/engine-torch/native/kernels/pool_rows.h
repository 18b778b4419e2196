// 2×2 max pooling of images kept channels last, alone, with the ReLU before it, or with the batch normalisation and
// ReLU before it. Every function handles the windows of two neighbouring rows of an image.
#pragma once

#include <cstdint>

#include "kernels/isa.h"
#include "kernels/norm_rows.h"

namespace ravine {

/// Where the windows lie in an image, in elements.
struct WindowRow {
  int64_t windows;   // side by side
  int64_t channels;  // of each pixel
  int64_t line;      // from a pixel to the one below it
};

template <class T>
struct PoolKernels {
  /// Largest value of each window, cut at 0 when `relu`; [windows × channels]. NaN wins.
  void (*pool)(const T* x, WindowRow row, bool relu, T* pooled);

  /// dx = gradient where x is the first of its window to equal `pooled`, else 0; 0 everywhere where `relu` and
  /// pooled ≤ 0. `dx` may be `x`.
  void (*gradient)(const T* x, WindowRow row, const T* pooled, const T* gradient, bool relu, T* dx);

  /// Adds Σ(x − shift) and Σ(x − shift)² of each channel to `sum` and `square`, and finds in each window the value that
  /// is largest after multiplication with `sign` (1 or −1 for each channel): the one that normalisation makes largest.
  void (*sum_and_pool)(const T* x, WindowRow row, const float* shift, const float* sign, T* pooled, float* sum,
                       float* square);

  /// dx = x·slope + base, plus gradient·scale where x is the first of its window to equal `pooled` and pooled passes the
  /// ReLU after the normalisation. `dx` may be `x`.
  void (*norm_gradient)(const T* x, WindowRow row, const T* pooled, const T* gradient, NormChannels norm,
                        const float* slope, const float* base, T* dx);
};

RAVINE_KERNELS(PoolKernels, pool_kernels)

}  // namespace ravine
