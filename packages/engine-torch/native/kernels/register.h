// As many floats as one vector register holds, for loops that count registers: the same source becomes AVX-512, AVX2, SSE
// or NEON code, in the namespace of its instruction set.
#pragma once

#include <cstdint>

#include "kernels/vector.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#define RAVINE_REGISTER_INLINE RAVINE_INLINE

namespace ravine::RAVINE_ISA {

#if defined(__AVX512F__)
constexpr int64_t kRegisterLanes = 16;
#elif defined(__AVX2__)
constexpr int64_t kRegisterLanes = 8;
#else
constexpr int64_t kRegisterLanes = 4;
#endif
using Register = float __attribute__((vector_size(4 * kRegisterLanes)));

RAVINE_INLINE void store_register(float* target, Register value) { __builtin_memcpy(target, &value, sizeof value); }

/// The same value in all lanes; to subtract 0 changes no bit of it.
RAVINE_INLINE Register all_lanes(float value) { return value - Register{}; }

/// a·b + c, rounded once where the processor can.
RAVINE_INLINE Register multiply_add(Register a, Register b, Register c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_ps(a, b, c);
#elif defined(__AVX2__)
  return _mm256_fmadd_ps(a, b, c);
#else
  return a * b + c;
#endif
}
RAVINE_INLINE Register multiply_add(float a, Register b, Register c) { return multiply_add(all_lanes(a), b, c); }

}  // namespace ravine::RAVINE_ISA
