// The transforms of Winograd's algorithm F(4×4, 3×3) in fp32: 4×4 outputs come from 6×6 pixels of the input with 36
// products for each pair of channels, instead of 144.
//
// Its six points are 0, ±√½, ±√2 and ∞: with the usual 0, ±1, ±2 and ∞ the result errs twice as much (decision 0008).
#pragma once

#include <cstdint>

#include "kernels/isa.h"

namespace ravine {

/// One row of tiles of an image, channels last, and some of its channels.
template <class Value>
struct TileRow {
  Value* image;                    // channel 0 of the image's first pixel
  int64_t height, width, stride;   // of the image; values from a pixel to the next
  int64_t top, left;               // of the first tile: pixels outside of the image are zero, and are not written
  int64_t channel, channels;       // first one and how many, 16 at least
  int64_t tiles;
};

/// Transformed tiles: position p of tile t's channel c is at values[p·position + t·tile + c].
template <class Value>
struct TileValues {
  Value* values;
  int64_t position, tile;  // strides
};

/// Filters [outputs][3][3][inputs] of a convolution, or (`backward`) of that from the output's gradient to the input's,
/// which goes from outputs to inputs with filters turned by 180°.
struct FilterSource {
  const float* filters;
  int64_t outputs, inputs;
  bool backward;
};

struct Winograd4Kernels {
  /// Bᵀ d B of tiles of 6×6 pixels.
  void (*input_tiles)(const TileRow<const float>& row, TileValues<float> target);

  /// A d Aᵀ of tiles of 4×4 pixels of the output's gradient. Adds its values to sums[c] unless that is null.
  void (*gradient_tiles)(const TileRow<const float>& row, TileValues<float> target, float* sums);

  /// Aᵀ m A + bias[c] (unless null) into tiles of 4×4 pixels of the output.
  void (*output_tiles)(TileValues<const float> products, const TileRow<float>& row, const float* bias);

  /// G g Gᵀ of 16 target channels from `target` on, all sources: to[p·position + source·stride + target channel].
  void (*filters)(const FilterSource& source, int64_t target, float* to, int64_t position, int64_t stride);

  /// Gᵀ d G of sums[p·position + output·inputs + input] into gradient[(output·9 + tap)·stride + input].
  void (*filter_gradients)(const float* sums, int64_t position, int64_t outputs, int64_t inputs, float* gradient,
                           int64_t stride);
};

RAVINE_FLOAT_KERNELS(Winograd4Kernels, winograd4_kernels)

}  // namespace ravine
