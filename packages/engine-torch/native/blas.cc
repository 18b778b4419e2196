#include "blas.h"

#include <dlfcn.h>

#include <cstdlib>

namespace ravine {
namespace {

template <class Function>
Function find(const char* symbol) {
  return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, symbol));
}

/// Resolved path of the library that provides `symbol`; empty when nothing does.
std::string library_of(const char* symbol) {
  void* address = dlsym(RTLD_DEFAULT, symbol);
  Dl_info info;
  if (address == nullptr || dladdr(address, &info) == 0 || info.dli_fname == nullptr) return "";
  char* resolved = realpath(info.dli_fname, nullptr);
  const std::string path = resolved != nullptr ? resolved : info.dli_fname;
  std::free(resolved);
  return path;
}

}  // namespace

std::string blas_name() {
  const std::string path = library_of("sgemm_");
  if (path.empty()) return "built into libtorch";
  if (path.find("mkl") != std::string::npos) return "MKL";
  if (path.find("openblas") != std::string::npos) {
    const auto config = find<char* (*)()>("openblas_get_config");
    const std::string text = config != nullptr ? config() : "OpenBLAS";
    return text.substr(0, text.find(' ', text.find(' ') + 1));
  }
  if (path.find("libtorch") != std::string::npos) return "built into libtorch";
  if (path.find("/blas/") != std::string::npos) {
    return "reference BLAS (fp32 linear layers are slow; on Debian or Ubuntu: sudo apt-get install libopenblas0-pthread)";
  }
  return path.substr(path.rfind('/') + 1);
}

void set_blas_threads(int threads) {
  static const auto set = find<void (*)(int)>("openblas_set_num_threads");
  if (set != nullptr) set(threads);
}

}  // namespace ravine
