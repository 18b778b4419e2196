#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <vector>

#include "convolution/avx512_bf16.h"
#include "convolution/pair_products.h"
#include "convolution/weight_gradient_plan.h"
#include "convolution/winograd.h"
#include "convolution/winograd_filters.h"
#include "convolution/winograd_tiles.h"

namespace ravine {

#if RAVINE_HAS_AVX512_BF16
namespace {

constexpr int64_t kOutputs = kPanel, kInputs = kInputBlock;  // of a block of filters
constexpr int64_t kBlocks = 4;                               // of outputs, which share what is read of the input
constexpr int64_t kBlockValues = kPositions * kOutputs * kInputs;

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Tiles of a stage: their transformed values stay in a core's cache, but more are taken where the filters are large,
/// because every stage reads and writes them all. Depends on the sizes only: it fixes the order of every sum.
int64_t stage_tiles(const ConvSizes& s) {
  const int64_t per_tile = kPositions * (s.inputs + s.outputs) * 2;
  const int64_t filters = kPositions * s.inputs * s.outputs * 4;
  const int64_t bytes = std::clamp<int64_t>(2 * filters, 6 << 20, 24 << 20);
  return std::clamp<int64_t>(bytes / per_tile / 32 * 32, 64, 1024);
}

/// Transformed tiles of a stage, of some channels.
class StageTiles {
 public:
  StageTiles(int64_t channels, int64_t tiles)
      : panels_(divide_up(channels, kPanel)),
        pairs_(divide_up(tiles, 2)),
        memory_(at::empty({kPositions * position()}, at::kBFloat16)) {}

  // Strides, in values. A line or three are left free: what lies a power of two apart meets in few places of the cache.
  int64_t panel() const { return (pairs_ + 1) * TilePairs::kPair; }
  int64_t position() const { return panels_ * panel() + 3 * TilePairs::kPair; }

  TilePairs all() const { return {static_cast<Bits16*>(memory_.data_ptr()), position(), panel()}; }
  const char* at(int64_t at_position, int64_t at_panel) const {
    return reinterpret_cast<const char*>(all().values + at_position * position() + at_panel * panel());
  }

 private:
  const int64_t panels_, pairs_;
  const at::Tensor memory_;
};

/// Computes one share of the filters on one thread, which transforms for itself what it needs: to take over what another
/// core has transformed costs more.
class ShareOfGradient {
 public:
  ShareOfGradient(const ConvSizes& sizes, const Share& share)
      : s_(sizes),
        share_(share),
        tiles_(TileGrid(sizes).count()),
        stage_(std::min(stage_tiles(sizes), tiles_)),
        inputs_(share.in_end - share.in_begin, stage_),
        gradients_(share.out_end - share.out_begin, stage_),
        in_blocks_(divide_up(share.in_end - share.in_begin, kInputs)),
        out_blocks_(divide_up(share.out_end - share.out_begin, kOutputs)),
        sums_(at::empty({(stage_ < tiles_ ? in_blocks_ * out_blocks_ : kBlocks) * kBlockValues}, at::kFloat)),
        bias_(out_blocks_ * kPanel, 0.0f) {}

  void run(const Bits16* input, const Bits16* gradient, float* filters) {
    for (int64_t begin = 0; begin < tiles_; begin += stage_) {
      const int64_t end = std::min(tiles_, begin + stage_);
      input_tile_pairs(s_, input, {share_.in_begin, share_.in_end}, begin, end, inputs_.all());
      gradient_tile_pairs(s_, gradient, {share_.out_begin, share_.out_end}, begin, end, gradients_.all(), bias_.data());
      for (int64_t in = 0; in < in_blocks_; ++in) {
        for (int64_t out = 0; out < out_blocks_; out += kBlocks) {
          add_blocks(in, out, std::min(out_blocks_, out + kBlocks), begin, end, filters);
        }
      }
    }
  }

  const std::vector<float>& bias() const { return bias_; }

 private:
  /// Adds a stage's products; after the last stage the filters are done.
  void add_blocks(int64_t in, int64_t out_begin, int64_t out_end, int64_t begin, int64_t end, float* filters) {
    const int64_t at = stage_ < tiles_ ? in * out_blocks_ + out_begin : 0;
    float* sums = sums_.data_ptr<float>() + at * kBlockValues;
    const int64_t first_input = share_.in_begin + in * kInputs;
    const int64_t inputs = std::min(kInputs, share_.in_end - first_input);
    const auto outputs = [&](int64_t out) { return std::min(kOutputs, share_.out_end - share_.out_begin - out * kOutputs); };
    for (int64_t position = 0; position < kPositions; ++position) {
      for (int64_t out = out_begin; out < out_end; ++out) {
        float* target = sums + (out - out_begin) * kBlockValues + position * kOutputs * kInputs;
        const ProductTile tile{inputs_.at(position, in * (kInputs / kPanel)), gradients_.at(position, out),
                               divide_up(end - begin, 2), inputs_.panel() * 2, inputs, outputs(out), target, kInputs,
                               begin == 0};
        const JoinedPixels all{0, 0};
        add_pair_products(tile, &all, 1);
      }
    }
    if (end < tiles_) return;
    for (int64_t out = out_begin; out < out_end; ++out) {
      const int64_t first_output = share_.out_begin + out * kOutputs;
      filter_gradients(sums + (out - out_begin) * kBlockValues, outputs(out), inputs,
                       filters + first_output * 9 * s_.inputs + first_input, s_.inputs);
    }
  }

  const ConvSizes& s_;
  const Share share_;
  const int64_t tiles_, stage_;
  const StageTiles inputs_, gradients_;
  const int64_t in_blocks_, out_blocks_;
  const at::Tensor sums_;
  std::vector<float> bias_;
};

}  // namespace

void winograd_weight_gradient(const ConvSizes& s, const Bits16* input, const Bits16* gradient, float* filters,
                              float* bias) {
  const std::vector<Share> shares = shares_of(s, at::get_num_threads());
  at::parallel_for(0, static_cast<int64_t>(shares.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      ShareOfGradient work(s, shares[i]);
      work.run(input, gradient, filters);
      if (bias == nullptr || shares[i].in_begin > 0) continue;
      std::copy_n(work.bias().begin(), shares[i].out_end - shares[i].out_begin, bias + shares[i].out_begin);
    }
  });
}

#else

void winograd_weight_gradient(const ConvSizes&, const Bits16*, const Bits16*, float*, float*) {}

#endif

}  // namespace ravine
