// The numbers of a gradient on the CPU.
#pragma once

#include <type_traits>

#include "errors.h"
#include "layers/elements.h"
#include "parameters.h"

namespace ravine {

/// Calls `use` with a pointer to the gradient's values. They are of the masters' type T, or bf16 beside fp32 masters.
template <class T, class Use>
auto with_gradient(const Parameter& p, const Use& use) {
  if constexpr (std::is_same_v<T, float>) {
    if (p.gradient.scalar_type() == at::kBFloat16) return use(elements<Bits16>(p.gradient));
  }
  if (p.gradient.scalar_type() != c10::CppTypeToScalarType<T>::value) {
    throw failed("gradient of " + p.name + " has an unexpected number type");
  }
  return use(elements<T>(p.gradient));
}

/// A value of a gradient as a number to compute with.
RAVINE_INLINE float to_number(Bits16 value) { return to_float(value); }
RAVINE_INLINE float to_number(float value) { return value; }
RAVINE_INLINE double to_number(double value) { return value; }

}  // namespace ravine
