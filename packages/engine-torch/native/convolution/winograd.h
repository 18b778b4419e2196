// 3×3 convolutions at stride 1 in bf16 by Winograd's algorithm F(2×2, 3×3), for processors with AVX512-BF16 and without
// AMX: 2.25 times fewer products than the sum that defines them (docs/decisions/0008). Results do not depend on the
// number of threads. Images are channels last, filters [outputs][3][3][inputs].
#pragma once

#include "convolution/conv_sizes.h"
#include "convolution/winograd_tiles.h"
#include "kernels/simd.h"

namespace ravine {

/// Whether this processor has what the functions below need, and they are faster there than oneDNN 2.6.
bool has_winograd(const ConvSizes& sizes);

/// output[n][p][q][o] = Σ input[n][p + kh − padding][q + kw − padding][i] · filters[o][kh][kw][i] + bias[o] (unless null),
/// or what ReLU and 2×2 max pooling make of it, where the output has `winners`; the output's height and width are even then.
void winograd_forward(const ConvSizes& sizes, const Bits16* input, const Bits16* filters, const Bits16* bias,
                      OutputImages output);

/// The gradient of the input from that of the output, or from that behind ReLU and pooling.
void winograd_input_gradient(const ConvSizes& sizes, ImageValues gradient, const Bits16* filters, Bits16* input);

/// The gradients of filters [outputs][3][3][inputs] and bias [outputs] (unless null), sums in fp32.
void winograd_weight_gradient(const ConvSizes& sizes, const Bits16* input, ImageValues gradient, float* filters,
                              float* bias);

}  // namespace ravine
