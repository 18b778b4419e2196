#include "devices.h"

#include <ATen/Context.h>
#include <dlfcn.h>
#include <torch/version.h>
#include <unistd.h>

#include <fstream>

#include "kernels/isa.h"

#ifdef RAVINE_CUDA
#include <ATen/cuda/CUDAContext.h>
#endif

namespace ravine {
namespace {

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  }
  return "CPU";
}

Device cpu() {
  const int64_t memory = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  return {"cpu", "cpu", cpu_name(), memory, has_amx_bf16() || has_avx512_bf16()};
}

}  // namespace

std::vector<Device> list_devices() {
  std::vector<Device> devices{cpu()};
#ifdef RAVINE_CUDA
  for (int i = 0; i < at::cuda::device_count(); ++i) {
    const cudaDeviceProp* properties = at::cuda::getDeviceProperties(i);
    devices.push_back({"cuda:" + std::to_string(i), "cuda", properties->name,
                       static_cast<int64_t>(properties->totalGlobalMem), properties->major >= 8});
  }
#endif
  return devices;
}

std::string torch_version() { return TORCH_VERSION; }

std::string onednn_version() {
  if (!at::hasMKLDNN()) return "";
  struct Version {
    int major, minor, patch;
  };
  const auto version = reinterpret_cast<const Version* (*)()>(dlsym(RTLD_DEFAULT, "dnnl_version"));
  if (version == nullptr) return "built into libtorch";
  const Version* v = version();
  return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
}

}  // namespace ravine
