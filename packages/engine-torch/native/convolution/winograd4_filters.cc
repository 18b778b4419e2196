#include "convolution/winograd4_filters.h"

#include <ATen/ops/empty.h>

#include "convolution/tile_blocks.h"
#include "kernels/product_sums.h"

namespace ravine {

std::vector<Panel> panels_of(int64_t begin, int64_t end) {
  const int64_t widest = product_kernels().columns;
  std::vector<Panel> panels;
  for (int64_t first = begin; first < end;) {
    const int64_t width = std::min(widest, (end - first) / 16 * 16);
    panels.push_back(width > 0 ? Panel{first, width} : Panel{end - 16, 16});
    first = panels.back().first + panels.back().width;
  }
  return panels;
}

FilterPanels4::FilterPanels4(const FilterSource& source)
    : sources_(source.backward ? source.outputs : source.inputs),
      panels_(panels_of(0, source.backward ? source.inputs : source.outputs)) {
  struct Block {
    size_t panel;
    int64_t target;
  };
  std::vector<Block> blocks;
  int64_t size = 0;
  for (size_t i = 0; i < panels_.size(); ++i) {
    starts_.push_back(size);
    size += kPositions4 * panel_position(panels_[i]);
    for (int64_t target = 0; target < panels_[i].width; target += 16) blocks.push_back({i, target});
  }
  memory_ = at::empty({size}, at::kFloat);
  at::parallel_for(0, static_cast<int64_t>(blocks.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Panel& panel = panels_[blocks[i].panel];
      const int64_t target = blocks[i].target;
      winograd4_kernels().filters(source, panel.first + target, at(blocks[i].panel, 0) + target,
                                  panel_position(panel), panel.width);
    }
  });
}

int64_t FilterPanels4::panel_position(const Panel& panel) const { return odd_lines(sources_ * panel.width * 4) * 16; }

float* FilterPanels4::at(size_t panel, int64_t position) const {
  return memory_.data_ptr<float>() + starts_[panel] + position * panel_position(panels_[panel]);
}

}  // namespace ravine
