// Kernels are compiled once for each instruction set (see CMakeLists.txt), so that one build runs on every processor of
// an architecture. Each compilation puts its tables of functions into a namespace of the instruction set's name.
#pragma once

#include "kernels/simd.h"

namespace ravine {

enum class Isa { baseline, avx2, avx512 };

/// The best of them that this processor has. ATEN_CPU_CAPABILITY (default, avx2 or avx512), which libtorch reads as well,
/// can lower it.
Isa isa();

/// Whether the processor multiplies bf16 in vectors (AVX512-BF16), or in tiles (AMX-BF16).
bool has_avx512_bf16();
bool has_amx_bf16();

}  // namespace ravine

// `get<T>()` returns the table for the processor; T is float or Bits16. Each instruction set defines `get(T)`.
#if defined(RAVINE_X86_KERNELS)
#define RAVINE_KERNELS(Table, get)                   \
  RAVINE_KERNELS_OF(baseline, Table, get)            \
  RAVINE_KERNELS_OF(avx2, Table, get)                \
  RAVINE_KERNELS_OF(avx512, Table, get)              \
  template <class T>                                 \
  const Table<T>& get() {                            \
    if (isa() == Isa::avx512) return avx512::get(T()); \
    if (isa() == Isa::avx2) return avx2::get(T());   \
    return baseline::get(T());                       \
  }
#else
#define RAVINE_KERNELS(Table, get)        \
  RAVINE_KERNELS_OF(baseline, Table, get) \
  template <class T>                      \
  const Table<T>& get() {                 \
    return baseline::get(T());            \
  }
#endif
#define RAVINE_KERNELS_OF(isa, Table, get) \
  namespace isa {                          \
  const Table<float>& get(float);          \
  const Table<Bits16>& get(Bits16);        \
  }
