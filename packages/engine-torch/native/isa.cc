#include "kernels/isa.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace ravine {
namespace {

Isa best_of_processor() {
#if defined(RAVINE_X86_KERNELS)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return Isa::avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")) return Isa::avx2;
#endif
  return Isa::baseline;
}

Isa allowed() {
  const char* asked = std::getenv("ATEN_CPU_CAPABILITY");
  const std::string name = asked == nullptr ? "" : asked;
  if (name == "default") return Isa::baseline;
  return name == "avx2" ? Isa::avx2 : Isa::avx512;
}

#if defined(__x86_64__)
/// Registers a and d of leaf 7; the processor itself is asked because not every compiler has words for its newer parts.
struct Leaf7 {
  unsigned a = 0, d = 0;

  explicit Leaf7(unsigned part) {
    unsigned b = 0, c = 0;
    if (__get_cpuid_count(7, part, &a, &b, &c, &d) == 0) a = d = 0;
  }
};
#endif

}  // namespace

bool has_avx512_bf16() {
#if defined(__x86_64__)
  return (Leaf7(1).a >> 5 & 1) != 0;
#else
  return false;
#endif
}

bool has_amx_bf16() {
#if defined(__x86_64__)
  return (Leaf7(0).d >> 22 & 1) != 0;
#else
  return false;
#endif
}

Isa isa() {
  static const Isa chosen = std::min(best_of_processor(), allowed());
  return chosen;
}

}  // namespace ravine
