// The sizes of a convolution, as the kernels take them.
#pragma once

#include <cstdint>

namespace ravine {

/// A 2-D convolution with a square kernel, one group and no dilation.
struct ConvSizes {
  int64_t samples;
  int64_t height, width, inputs;            // of the images
  int64_t out_height, out_width, outputs;
  int64_t kernel, stride, padding;

  int64_t taps() const { return kernel * kernel; }
};

/// The convolution that gives the gradient of the input from that of the output, at stride 1.
inline ConvSizes transposed(const ConvSizes& s) {
  return {s.samples, s.out_height, s.out_width, s.outputs, s.height, s.width,
          s.inputs,  s.kernel,     s.stride,    s.kernel - 1 - s.padding};
}

}  // namespace ravine
