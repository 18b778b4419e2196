// Access to the numbers of a tensor as the kernels take them: float, or bf16 as its bits.
#pragma once

#include <ATen/core/Tensor.h>

#include <type_traits>

#include "kernels/simd.h"

namespace ravine {

template <class T>
T* elements(const at::Tensor& tensor) {
  if constexpr (std::is_same_v<T, Bits16>) {
    return reinterpret_cast<Bits16*>(tensor.data_ptr<at::BFloat16>());
  } else {
    return tensor.data_ptr<T>();
  }
}

/// Calls `work` with a value of the tensor's element type, float or Bits16.
template <class Work>
auto with_elements(const at::Tensor& tensor, const Work& work) {
  return tensor.scalar_type() == at::kBFloat16 ? work(Bits16()) : work(float());
}

}  // namespace ravine
