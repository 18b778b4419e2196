// Sixteen floats at once, written with the compiler's vector types: the same source becomes AVX-512, AVX2, SSE or NEON
// code. For loops that the compiler does not turn into vector code by itself.
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/simd.h"

namespace ravine {

constexpr int64_t kLanes = 16;
using Vector = float __attribute__((vector_size(4 * kLanes)));

namespace detail {
using Words = uint32_t __attribute__((vector_size(4 * kLanes)));
using HalfWords = uint16_t __attribute__((vector_size(2 * kLanes)));

template <class To, class From>
RAVINE_INLINE To same_bits(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}
}  // namespace detail

/// `load<Vector>` reads kLanes values, `load<float>` one.
template <class V>
RAVINE_INLINE V load(const float* source) {
  V value;
  std::memcpy(&value, source, sizeof value);
  return value;
}
template <class V>
RAVINE_INLINE V load(const Bits16* source);
template <>
RAVINE_INLINE float load<float>(const Bits16* source) {
  return to_float(*source);
}
template <>
RAVINE_INLINE Vector load<Vector>(const Bits16* source) {
  detail::HalfWords bits;
  std::memcpy(&bits, source, sizeof bits);
  return detail::same_bits<Vector>(__builtin_convertvector(bits, detail::Words) << 16);
}

RAVINE_INLINE void store(float* target, const Vector& value) { std::memcpy(target, &value, sizeof value); }
RAVINE_INLINE void store_exact(float* target, const Vector& value) { store(target, value); }
RAVINE_INLINE void store_exact(Bits16* target, const Vector& value) {
  const auto bits = __builtin_convertvector(detail::same_bits<detail::Words>(value) >> 16, detail::HalfWords);
  std::memcpy(target, &bits, sizeof bits);
}
RAVINE_INLINE void store(Bits16* target, const Vector& value) {
  const detail::Words bits = detail::same_bits<detail::Words>(value);
  const detail::Words rounded = bits + 0x7fffu + ((bits >> 16) & 1u);
  const detail::Words nan = {};
  const detail::Words result = value != value ? nan + 0x7fc00000u : rounded;
  store_exact(target, detail::same_bits<Vector>(result));
}

/// Calls `work(lane type, index)` for all indices up to `count`: kLanes at a time, then one by one.
template <class Work>
RAVINE_INLINE void for_each_lane(int64_t count, const Work& work) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) work(Vector{}, i);
  for (; i < count; ++i) work(float{}, i);
}

// Before the body of a lambda for for_each_lane.
#define RAVINE_LANES __attribute__((always_inline))

}  // namespace ravine
