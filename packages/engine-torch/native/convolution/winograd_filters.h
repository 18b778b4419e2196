// Winograd's transforms of 3×3 filters, G g Gᵀ, and back from the gradient of the transformed ones, Gᵀ d G.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "convolution/bf16_vectors.h"
#include "convolution/winograd_tiles.h"
#include "kernels/simd.h"

namespace ravine {

/// Filters of a convolution from `inputs` to `outputs` channels as bf16 [outputs][3][3][inputs].
struct FilterSizes {
  int64_t outputs, inputs;
};

/// Which convolution the transformed filters are for: the forward one, or the one from the output's gradient to the
/// input's, which goes from outputs to inputs with filters turned by 180°.
enum class Direction { forward, backward };

/// Transformed filters for products with tiles: panels of up to 64 target channels, each
/// [24 positions][pairs of source channels][target channels of the panel, rounded up to 16][2], zero where there is none.
/// Source channels are in the order of channel_at().
struct FilterPanels {
  static constexpr int64_t kPanel = 64;

  FilterPanels(FilterSizes sizes, Direction direction);

  int64_t pairs() const { return whole_groups(sources) / 2; }
  int64_t count() const { return (targets + kPanel - 1) / kPanel; }
  /// Target channels of a panel, rounded up to 16.
  int64_t width(int64_t panel) const;
  /// Values from a position of a panel to the next. Lines are left free, see odd_lines().
  int64_t position(int64_t panel) const;
  Bits16* panel(int64_t panel) const { return start + panel * kPositions * position(0); }

  int64_t sources, targets;
  at::Tensor memory;
  Bits16* start;
};

/// On all threads of the session.
FilterPanels transform_filters(FilterSizes sizes, const Bits16* filters, Direction direction);

/// A block of the gradients of transformed filters: [24 positions][16 outputs][64 inputs]. Outputs and inputs are at the
/// places of channel_at(); the outputs are the even or the odd ones of a group.
struct FilterBlock {
  static constexpr int64_t kOutputs = 16, kInputs = 64;
  static constexpr int64_t kValues = kPositions * kOutputs * kInputs;

  const float* values;
  int64_t outputs, inputs;  // channels that exist from the block's first ones on
  bool is_odd;
};

/// The gradients of the filters: to gradient[o·9·stride + tap·stride + i] for outputs o of the group and inputs i.
void filter_gradients(const FilterBlock& block, float* gradient, int64_t stride);

}  // namespace ravine
