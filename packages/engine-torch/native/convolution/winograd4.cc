#include "convolution/winograd.h"

#include <ATen/ops/empty.h>

#include "convolution/tile_blocks.h"
#include "convolution/winograd4_filters.h"
#include "kernels/product_sums.h"

namespace ravine {
namespace {

/// Tiles that a thread transforms and multiplies at a time. The filters pass by once for each block; of the tiles' values
/// and products, those that the second-level cache does not hold are read back from the next one, which costs less.
constexpr int64_t kBlock = 48;

/// Memory of one thread. Lines are left free, see odd_lines().
class Scratch {
 public:
  explicit Scratch(int64_t sources)
      : sources_(sources),
        tiles_(at::empty({kPositions4 * tile_position()}, at::kFloat)),
        products_(at::empty({kPositions4 * product_position()}, at::kFloat)) {}

  TileValues<float> tiles() const { return {tiles_.data_ptr<float>(), tile_position(), sources_}; }
  TileValues<float> products(int64_t width) const { return {products_.data_ptr<float>(), product_position(), width}; }

 private:
  static constexpr int64_t kRows = kBlock + ProductSums::kRowsAtOnce;
  int64_t tile_position() const { return odd_lines(kRows * sources_ * 4) * 16; }
  static int64_t product_position() { return odd_lines(kRows * product_kernels().columns * 4) * 16; }

  const int64_t sources_;
  const at::Tensor tiles_, products_;
};

void multiply(const FilterPanels4& filters, size_t panel, int64_t count, TileValues<float> tiles,
              TileValues<float> products) {
  const int64_t width = filters.panels()[panel].width;
  for (int64_t p = 0; p < kPositions4; ++p) {
    product_kernels().add({tiles.values + p * tiles.position, tiles.tile, 1, filters.at(panel, p), width,
                           filters.sources(), count, width, products.values + p * products.position, false});
  }
}

void convolve_block(const ConvSizes& s, const FilterPanels4& filters, const Scratch& scratch, TileRange range,
                    const float* input, const float* bias, float* output) {
  const TileValues<float> tiles = scratch.tiles();
  for_each_segment(tiles_of(s, kTile4), range, [&](const TileSegment& segment) {
    const float* image = input + segment.sample * s.height * s.width * s.inputs;
    winograd4_kernels().input_tiles({image, s.height, s.width, s.inputs, 4 * segment.row - s.padding,
                                     4 * segment.column - s.padding, 0, s.inputs, segment.count},
                                    {tiles.values + segment.first * tiles.tile, tiles.position, tiles.tile});
  });
  for (size_t i = 0; i < filters.panels().size(); ++i) {
    const Panel& panel = filters.panels()[i];
    const TileValues<float> products = scratch.products(panel.width);
    multiply(filters, i, range.end - range.begin, tiles, products);
    for_each_segment(tiles_of(s, kTile4), range, [&](const TileSegment& segment) {
      float* image = output + segment.sample * s.out_height * s.out_width * s.outputs;
      winograd4_kernels().output_tiles(
          {products.values + segment.first * products.tile, products.position, products.tile},
          {image, s.out_height, s.out_width, s.outputs, 4 * segment.row, 4 * segment.column, panel.first, panel.width,
           segment.count},
          bias != nullptr ? bias + panel.first : nullptr);
    });
  }
}

void convolve(const ConvSizes& s, const FilterPanels4& filters, const float* input, const float* bias, float* output) {
  for_each_block(tiles_of(s, kTile4).count(), {kBlock, ProductSums::kRowsAtOnce}, [&] { return Scratch(s.inputs); },
                 [&](const Scratch& scratch, TileRange range) {
                   convolve_block(s, filters, scratch, range, input, bias, output);
                 });
}

}  // namespace

template <>
bool has_winograd<float>(const ConvSizes& s) {
  if (isa() == Isa::baseline || s.kernel != 3 || s.stride != 1 || s.padding > 2) return false;
  // A tile costs as much as six pixels of the plain sum, and the transform of the filters as much as 128.
  const int64_t pixels = s.samples * s.out_height * s.out_width;
  return s.inputs >= 16 && s.outputs >= 16 && pixels >= 6 * tiles_of(s, kTile4).count() + 128;
}

void winograd_forward(const ConvSizes& s, const float* input, const float* filters, const float* bias, float* output) {
  convolve(s, FilterPanels4({filters, s.outputs, s.inputs, false}), input, bias, output);
}

void winograd_input_gradient(const ConvSizes& s, const float* gradient, const float* filters, float* input) {
  convolve(transposed(s), FilterPanels4({filters, s.outputs, s.inputs, true}), gradient, nullptr, input);
}

}  // namespace ravine
