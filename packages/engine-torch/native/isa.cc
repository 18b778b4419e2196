#include "kernels/isa.h"

#include <algorithm>
#include <cstdlib>
#include <string>

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

}  // namespace

Isa isa() {
  static const Isa chosen = std::min(best_of_processor(), allowed());
  return chosen;
}

}  // namespace ravine
