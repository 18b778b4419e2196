// The operations of a rule beside + − ·, for numbers (the CPU loop) and for tensors (other devices). Their names are not
// those of ATen, which argument-dependent lookup would find as well.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/sign.h>
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

template <class T>
inline T at_most(T a, double maximum) {
  return a > T(maximum) ? T(maximum) : a;
}
inline at::Tensor at_most(const at::Tensor& a, double maximum) { return at::clamp_max(a, maximum); }

template <class T>
inline T larger(T a, T b) {
  return a < b ? b : a;
}
inline at::Tensor larger(const at::Tensor& a, const at::Tensor& b) { return at::maximum(a, b); }

template <class T>
inline T magnitude(T a) {
  return std::abs(a);
}
inline at::Tensor magnitude(const at::Tensor& a) { return at::abs(a); }

/// 1, 0 or −1.
template <class T>
inline T sign_of(T a) {
  return a > T(0) ? T(1) : a < T(0) ? T(-1) : T(0);
}
inline at::Tensor sign_of(const at::Tensor& a) { return at::sign(a); }

}  // namespace ravine
