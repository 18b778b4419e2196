// Hands memory of C++ to JavaScript as typed arrays without copying it.
#pragma once

#include <ATen/core/Tensor.h>
#include <napi.h>

#include <memory>
#include <vector>

namespace ravine {

/// `owner` holds the memory and is released when the array is collected.
template <class T, class Owner>
Napi::TypedArrayOf<T> external_array(Napi::Env env, T* data, size_t count, std::unique_ptr<Owner> owner) {
  if (count == 0) return Napi::TypedArrayOf<T>::New(env, 0);
  auto buffer = Napi::ArrayBuffer::New(
      env, data, count * sizeof(T), [](Napi::Env, void*, Owner* hint) { delete hint; }, owner.get());
  owner.release();
  return Napi::TypedArrayOf<T>::New(env, count, buffer, 0);
}

template <class T>
Napi::TypedArrayOf<T> to_array(Napi::Env env, std::vector<T>&& values) {
  auto owner = std::make_unique<std::vector<T>>(std::move(values));
  T* data = owner->data();
  const size_t count = owner->size();
  return external_array(env, data, count, std::move(owner));
}

/// Float32Array or Float64Array of a contiguous CPU tensor.
inline Napi::Value to_array(Napi::Env env, const at::Tensor& tensor) {
  const size_t count = tensor.numel();
  auto owner = std::make_unique<at::Tensor>(tensor);
  if (tensor.scalar_type() == at::kDouble) {
    return external_array(env, tensor.data_ptr<double>(), count, std::move(owner));
  }
  return external_array(env, tensor.data_ptr<float>(), count, std::move(owner));
}

}  // namespace ravine
