// The numbers of the loops that are built for several instruction sets: float, and bf16 as its bits.
#pragma once

#include <cstdint>
#include <cstring>

// Taken in whole by every loop that uses it, so that it is built for the same instruction set.
#define RAVINE_INLINE inline __attribute__((always_inline))

namespace ravine {

/// A bf16 value as its bits.
using Bits16 = uint16_t;

RAVINE_INLINE float to_float(float value) { return value; }
RAVINE_INLINE float to_float(Bits16 value) {
  const uint32_t bits = static_cast<uint32_t>(value) << 16;
  float result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

RAVINE_INLINE void store(float* target, float value) { *target = value; }
/// Rounds to nearest, ties to even; NaN stays NaN.
RAVINE_INLINE void store(Bits16* target, float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  *target = static_cast<Bits16>(value != value ? 0x7fc0u : rounded);
}

RAVINE_INLINE void store_exact(float* target, float value) { *target = value; }
/// For a value that bf16 holds exactly.
RAVINE_INLINE void store_exact(Bits16* target, float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  *target = static_cast<Bits16>(bits >> 16);
}

}  // namespace ravine
