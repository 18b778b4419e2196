// An addon whose exports are the bytes that the C heap has given out, counted whenever it is loaded.
#include <malloc.h>

#include <cstdint>

extern "C" {

int napi_create_int64(void* env, int64_t value, void** result);

__attribute__((visibility("default"))) void* napi_register_module_v1(void* env, void*) {
  void* bytes = nullptr;
  napi_create_int64(env, static_cast<int64_t>(mallinfo2().uordblks), &bytes);
  return bytes;
}
}
