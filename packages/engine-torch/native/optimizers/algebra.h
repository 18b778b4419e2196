// The operations of a rule beside + − ·, for numbers (the CPU loop) and for tensors (other devices).
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>

namespace ravine {

/// a / b, and 0 where b is 0: a parameter that never had a gradient does not move.
template <class T>
inline T quotient(T a, T b) {
  return b == T(0) ? T(0) : a / b;
}
inline at::Tensor quotient(const at::Tensor& a, const at::Tensor& b) {
  return at::where(b == 0, at::zeros_like(a), a / b);
}

template <class T>
inline T square_root(T a) {
  return std::sqrt(a);
}
inline at::Tensor square_root(const at::Tensor& a) { return at::sqrt(a); }

template <class T>
inline T at_least(T a, double minimum) {
  return a < T(minimum) ? T(minimum) : a;
}
inline at::Tensor at_least(const at::Tensor& a, double minimum) { return at::clamp_min(a, minimum); }

}  // namespace ravine
