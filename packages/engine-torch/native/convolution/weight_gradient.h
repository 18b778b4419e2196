// The gradient of a 2-D convolution's weights and bias in bf16 for processors with AVX512-BF16 and without AMX.
#pragma once

#include "convolution/weight_gradient_plan.h"
#include "kernels/simd.h"

namespace ravine {

/// Whether `conv_weight_gradient` runs on this processor and is faster there than oneDNN 2.6: 1.1 to 2.3 times from 32
/// channels on both sides. Fewer leave vectors empty, and a single sample costs as much as two.
bool has_conv_weight_gradient(const ConvSizes& sizes);

/// weight[o][kh][kw][i] = Σ gradient[n][p][q][o] · input[n][p·stride + kh − padding][q·stride + kw − padding][i] over
/// samples and output pixels, and bias[o] = Σ gradient[n][p][q][o] (unless null): sums in fp32 of products of bf16,
/// images channels last. The results do not depend on the number of threads. Only where `has_conv_weight_gradient`.
void conv_weight_gradient(const ConvSizes& sizes, const Bits16* input, const Bits16* gradient, float* weight,
                          float* bias);

}  // namespace ravine
