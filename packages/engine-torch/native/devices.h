// The devices that libtorch can compute on here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ravine {

struct Device {
  std::string id;  // `cpu`, `cuda:0`; libtorch's own spelling
  std::string kind;
  std::string name;
  int64_t memory_bytes = 0;  // 0: unknown
  bool fast_bf16 = false;
};

std::vector<Device> list_devices();
std::string torch_version();
/// Empty when libtorch has no oneDNN.
std::string onednn_version();

}  // namespace ravine
