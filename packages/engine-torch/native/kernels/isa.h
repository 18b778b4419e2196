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

// Every instruction set defines `get(T)`, for RAVINE_KERNELS, or `get()`, for RAVINE_FLOAT_KERNELS. `get<T>()` and
// `get()` then return the table for the processor; T is float or Bits16.
#define RAVINE_KERNELS_OF(isa, Table, get) \
  namespace isa {                          \
  const Table<float>& get(float);          \
  const Table<Bits16>& get(Bits16);        \
  }
#define RAVINE_FLOAT_KERNELS_OF(isa, Table, get) \
  namespace isa {                                \
  const Table& get();                            \
  }
#if defined(RAVINE_X86_KERNELS)
#define RAVINE_FOR_EACH_ISA(declare, Table, get) \
  declare(baseline, Table, get)                  \
  declare(avx2, Table, get)                      \
  declare(avx512, Table, get)
#define RAVINE_CHOOSE(get, ...)                              \
  if (isa() == Isa::avx512) return avx512::get(__VA_ARGS__); \
  if (isa() == Isa::avx2) return avx2::get(__VA_ARGS__);     \
  return baseline::get(__VA_ARGS__);
#else
#define RAVINE_FOR_EACH_ISA(declare, Table, get) declare(baseline, Table, get)
#define RAVINE_CHOOSE(get, ...) return baseline::get(__VA_ARGS__);
#endif
#define RAVINE_KERNELS(Table, get)                   \
  RAVINE_FOR_EACH_ISA(RAVINE_KERNELS_OF, Table, get) \
  template <class T>                                 \
  const Table<T>& get() {                            \
    RAVINE_CHOOSE(get, T())                          \
  }
#define RAVINE_FLOAT_KERNELS(Table, get)                   \
  RAVINE_FOR_EACH_ISA(RAVINE_FLOAT_KERNELS_OF, Table, get) \
  inline const Table& get() { RAVINE_CHOOSE(get) }
