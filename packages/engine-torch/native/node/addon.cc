// The addon's exports; packages/engine-torch/src/binding.ts declares their exact types.
#include <napi.h>

#include "blas.h"
#include "cpu_memory.h"
#include "devices.h"
#include "node/promise_task.h"
#include "node/session_object.h"

namespace ravine {

Napi::Value to_error(Napi::Env env, const EngineFault& fault) {
  Napi::Error error = Napi::Error::New(env, fault.what());
  error.Value()["code"] = Napi::String::New(env, fault.code());
  return error.Value();
}

namespace {

Napi::Value describe(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Object libraries = Napi::Object::New(env);
  libraries["libtorch"] = torch_version();
  libraries["blas"] = blas_name();
  const std::string onednn = onednn_version();
  if (!onednn.empty()) libraries["onednn"] = onednn;

  Napi::Array devices = Napi::Array::New(env);
  for (const Device& device : list_devices()) {
    Napi::Object item = Napi::Object::New(env);
    item["id"] = device.id;
    item["kind"] = device.kind;
    item["name"] = device.name;
    item["memoryBytes"] = device.memory_bytes > 0 ? Napi::Number::New(env, static_cast<double>(device.memory_bytes))
                                                  : env.Null();
    item["fastBf16"] = Napi::Boolean::New(env, device.fast_bf16);
    devices[devices.Length()] = item;
  }

  Napi::Object result = Napi::Object::New(env);
  result["libraries"] = libraries;
  result["devices"] = devices;
  return result;
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  reuse_freed_memory();
  exports["describe"] = Napi::Function::New(env, describe);
  exports["Session"] = SessionObject::define(env);
  return exports;
}

NODE_API_MODULE(ravine_torch, initialise)

}  // namespace
}  // namespace ravine
