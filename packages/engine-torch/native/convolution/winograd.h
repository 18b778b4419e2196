// 3×3 convolutions at stride 1 by Winograd's algorithm, with fewer products than the sum that defines them
// (docs/decisions/0008). Results do not depend on the number of threads. Images are channels last, filters
// [outputs][3][3][inputs].
//
// In bf16 (Bits16): F(2×4, 3×3), 3 times fewer, on processors with AVX512-BF16 and without AMX. In fp32: F(4×4, 3×3),
// 4 times fewer, on processors with AVX2 or AVX-512.
#pragma once

#include "convolution/conv_sizes.h"
#include "convolution/winograd_tiles.h"
#include "kernels/simd.h"

namespace ravine {

/// Whether this processor has what the functions below need for numbers of type T, and they are faster than oneDNN 2.6.
template <class T>
bool has_winograd(const ConvSizes& sizes);
template <>
bool has_winograd<Bits16>(const ConvSizes& sizes);
template <>
bool has_winograd<float>(const ConvSizes& sizes);

/// output[n][p][q][o] = Σ input[n][p + kh − padding][q + kw − padding][i] · filters[o][kh][kw][i] + bias[o] (unless null),
/// or what ReLU and 2×2 max pooling make of it, where the output has `winners`; the output's height and width are even then.
void winograd_forward(const ConvSizes& sizes, const Bits16* input, const Bits16* filters, const Bits16* bias,
                      OutputImages output);
void winograd_forward(const ConvSizes& sizes, const float* input, const float* filters, const float* bias,
                      float* output);

/// The gradient of the input from that of the output, or from that behind ReLU and pooling.
void winograd_input_gradient(const ConvSizes& sizes, ImageValues gradient, const Bits16* filters, Bits16* input);
void winograd_input_gradient(const ConvSizes& sizes, const float* gradient, const float* filters, float* input);

/// The gradients of filters [outputs][3][3][inputs] and bias [outputs] (unless null), sums in fp32.
void winograd_weight_gradient(const ConvSizes& sizes, const Bits16* input, ImageValues gradient, float* filters,
                              float* bias);
void winograd_weight_gradient(const ConvSizes& sizes, const float* input, const float* gradient, float* filters,
                              float* bias);

}  // namespace ravine
