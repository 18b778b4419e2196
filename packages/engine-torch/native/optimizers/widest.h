// Runs a loop compiled for the widest instruction set of the processor. The kernels are compiled as whole files for each
// set; the rules cannot be, because their files include libtorch, whose inline functions would then be shared with the
// code for older processors. Here an attribute gives the set to the loop and to what it takes in, the rule, alone.
#pragma once

#include "kernels/isa.h"

namespace ravine {
namespace detail {

#if defined(RAVINE_X86_KERNELS)
template <class Loop, class... Arguments>
__attribute__((target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,bmi2"), flatten)) auto on_avx512(
    const Loop& loop, Arguments... arguments) {
  return loop(arguments...);
}

template <class Loop, class... Arguments>
__attribute__((target("avx2,fma,bmi2"), flatten)) auto on_avx2(const Loop& loop, Arguments... arguments) {
  return loop(arguments...);
}
#endif

}  // namespace detail

/// `loop(arguments...)`. It takes all it works on as arguments, by value: what it captured, arrays could overlap.
template <class Loop, class... Arguments>
auto on_widest(const Loop& loop, Arguments... arguments) {
#if defined(RAVINE_X86_KERNELS)
  if (isa() == Isa::avx512) return detail::on_avx512(loop, arguments...);
  if (isa() == Isa::avx2) return detail::on_avx2(loop, arguments...);
#endif
  return loop(arguments...);
}

}  // namespace ravine
