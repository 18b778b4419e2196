// The inner loop of a convolution's weight gradient: sums of products over pixels and pairs of samples.
#pragma once

#include "convolution/sample_pairs.h"

namespace ravine {

/// A pixel of the input and the pixel of the output's gradient that a kernel's tap joins it with, as byte offsets.
struct JoinedPixels {
  int32_t input;
  int32_t gradient;
};

/// Up to 64 input channels of up to 16 output channels.
struct ProductTile {
  const char* input;     // first panel of the packed pixel at offset 0
  const char* gradient;  // the same
  int64_t pairs;
  int64_t panel_bytes;   // from a panel of the input to the next
  int64_t inputs;        // 1 … 64
  int64_t outputs;       // 1 … 16
  float* sums;           // [outputs][inputs]
  int64_t output_stride;
  bool is_first;         // the sums hold nothing yet
};

/// Adds Σ input·gradient over the joined pixels and their samples to the tile's sums. Each sum is formed in the order
/// of the pixels and pairs, whatever the tile. Only on processors with AVX512-BF16.
void add_pair_products(const ProductTile& tile, const JoinedPixels* pixels, int64_t count);

}  // namespace ravine
