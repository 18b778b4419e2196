// Transformed filters of Winograd's algorithm F(4×4, 3×3), as products with tiles take them.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "convolution/tile_grid.h"
#include "kernels/winograd4.h"

namespace ravine {

/// Products for each tile and pair of channels: one for each position of a transformed 6×6 tile.
constexpr int64_t kPositions4 = 36;

constexpr TileSize kTile4{4, 4};

/// Neighbouring channels that are computed together, a multiple of 16. The last panel may overlap the one before: its
/// channels are then computed twice, in the same way.
struct Panel {
  int64_t first, width;
};

/// Panels that cover [begin, end), at least 16 channels.
std::vector<Panel> panels_of(int64_t begin, int64_t end);

/// [panels][36 positions][sources][target channels of the panel].
class FilterPanels4 {
 public:
  /// Transforms on all threads of the session.
  explicit FilterPanels4(const FilterSource& source);

  const std::vector<Panel>& panels() const { return panels_; }
  int64_t sources() const { return sources_; }
  /// The values of a panel's position.
  float* at(size_t panel, int64_t position) const;

 private:
  int64_t panel_position(const Panel& panel) const;

  int64_t sources_;
  std::vector<Panel> panels_;
  std::vector<int64_t> starts_;
  at::Tensor memory_;
};

}  // namespace ravine
