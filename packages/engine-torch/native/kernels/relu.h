// ReLU over plain arrays.
#pragma once

#include <cstdint>

#include "kernels/isa.h"

namespace ravine {

template <class T>
struct ReluKernels {
  /// y = x cut at 0. NaN stays NaN. `y` may be `x`.
  void (*forward)(const T* x, T* y, int64_t count);

  /// dx = gradient where `output` is above 0, else 0. `dx` may be `gradient`.
  void (*backward)(const T* output, const T* gradient, T* dx, int64_t count);
};

RAVINE_KERNELS(ReluKernels, relu_kernels)

}  // namespace ravine
