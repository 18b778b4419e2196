// An addon that loses memory on purpose when it is loaded: a run whose report does not name it has looked at nothing.
extern "C" {

__attribute__((noinline)) void canary_leak() {
  static char* volatile lost;
  lost = new char[1234];
  lost = nullptr;
}

__attribute__((visibility("default"))) void* napi_register_module_v1(void*, void* exports) {
  for (int i = 0; i < 10; i++) canary_leak();
  return exports;
}
}
