// Which number formats and memory layout a session computes with.
#pragma once

#include <ATen/core/Tensor.h>

#include "program.h"

namespace ravine {

struct Numerics {
  at::Device device;
  at::ScalarType master;       // parameters, running statistics, optimizer slots
  at::ScalarType compute;      // activations and the weights of convolutions and linear layers
  at::MemoryFormat format;     // of images and convolution weights

  /// Whether the fused layers of the CPU, which compute in fp32 or bf16, serve this session.
  bool has_fused_layers() const { return device.is_cpu() && master == at::kFloat; }
  at::TensorOptions master_options() const { return at::TensorOptions().device(device).dtype(master); }
};

/// fp64 stays in NCHW: libtorch's double convolution is im2col, which has no channels-last form.
inline Numerics numerics_for(Precision precision, at::Device device) {
  switch (precision) {
    case Precision::bf16:
      return {device, at::kFloat, at::kBFloat16, at::MemoryFormat::ChannelsLast};
    case Precision::fp64:
      return {device, at::kDouble, at::kDouble, at::MemoryFormat::Contiguous};
    default:
      return {device, at::kFloat, at::kFloat, at::MemoryFormat::ChannelsLast};
  }
}

}  // namespace ravine
