#include "convolution/winograd.h"

#include <ATen/ops/empty.h>

#include <algorithm>

#include "convolution/bf16_vectors.h"
#include "convolution/tile_blocks.h"
#include "convolution/tile_products.h"
#include "convolution/winograd_filters.h"
#include "convolution/winograd_tiles.h"
#include "kernels/isa.h"

namespace ravine {

#if RAVINE_HAS_AVX512_BF16
namespace {

/// Tiles that a thread transforms and multiplies at a time: their values and products stay in its second-level cache,
/// and the filters, which pass by once for each block, cost little against the products.
constexpr int64_t kBlock = 24;
static_assert(kBlock % 8 == 0 && kBlock % 12 == 0, "a block is made of whole tile_block()s");

/// Memory of one thread.
class Scratch {
 public:
  explicit Scratch(const ConvSizes& s)
      : row_(whole_groups(s.inputs)),
        position_(odd_lines(kBlock * row_ * 2) * 32),
        tiles_(at::empty({kPositions * position_}, at::kBFloat16)),
        products_(at::empty({kPositions * kProducts}, at::kFloat)) {}

  TileRows rows() const { return {static_cast<Bits16*>(tiles_.data_ptr()), position_, row_}; }
  const Bits16* tiles(int64_t position) const { return rows().values + position * position_; }
  int64_t tile_stride() const { return row_; }
  float* products(int64_t position) const { return products_.data_ptr<float>() + position * kProducts; }
  TileProducts all_products(int64_t width) const { return {products(0), kProducts, width}; }

 private:
  static constexpr int64_t kProducts = odd_lines(kBlock * FilterPanels::kPanel * 4) * 16;
  const int64_t row_, position_;  // values of a tile, from a position to the next
  at::Tensor tiles_, products_;
};

void convolve_block(const ConvSizes& s, const FilterPanels& filters, const Scratch& scratch, TileRange tiles,
                    ImageValues input, const Bits16* bias, OutputImages output) {
  input_tiles(s, input, tiles, scratch.rows());
  for (int64_t panel = 0; panel < filters.count(); ++panel) {
    const int64_t width = filters.width(panel);
    for (int64_t position = 0; position < kPositions; ++position) {
      multiply_tiles({scratch.tiles(position), scratch.tile_stride(), tiles.end - tiles.begin,
                      filters.panel(panel) + position * filters.position(panel), filters.pairs(), width,
                      scratch.products(position)});
    }
    const int64_t first = panel * FilterPanels::kPanel;
    output_tiles(s, scratch.all_products(width), tiles, {first, std::min(first + width, s.outputs)}, bias, output);
  }
}

void convolve(const ConvSizes& s, const FilterPanels& filters, ImageValues input, const Bits16* bias,
              OutputImages output) {
  const BlockSize size{kBlock, tile_block(filters.width(0))};
  for_each_block(tiles_of(s, kTile).count(), size, [&] { return Scratch(s); },
                 [&](const Scratch& scratch, TileRange tiles) {
                   convolve_block(s, filters, scratch, tiles, input, bias, output);
                 });
}

}  // namespace

template <>
bool has_winograd<Bits16>(const ConvSizes& s) {
  static const bool suits = isa() == Isa::avx512 && has_avx512_bf16() && !has_amx_bf16();
  if (!suits || s.kernel != 3 || s.stride != 1 || s.padding > 2) return false;
  // A tile costs as much as three pixels of the plain sum.
  const int64_t pixels = s.samples * s.out_height * s.out_width;
  return s.inputs >= 32 && s.outputs >= 32 && pixels >= 3 * tiles_of(s, kTile).count();
}

void winograd_forward(const ConvSizes& s, const Bits16* input, const Bits16* filters, const Bits16* bias,
                      OutputImages output) {
  convolve(s, transform_filters({s.outputs, s.inputs}, filters, Direction::forward), {input}, bias, output);
}

void winograd_input_gradient(const ConvSizes& s, ImageValues gradient, const Bits16* filters, Bits16* input) {
  const FilterPanels panels = transform_filters({s.outputs, s.inputs}, filters, Direction::backward);
  convolve(transposed(s), panels, gradient, nullptr, {input});
}

#else

template <>
bool has_winograd<Bits16>(const ConvSizes&) {
  return false;
}
void winograd_forward(const ConvSizes&, const Bits16*, const Bits16*, const Bits16*, OutputImages) {}
void winograd_input_gradient(const ConvSizes&, ImageValues, const Bits16*, Bits16*) {}

#endif

}  // namespace ravine
