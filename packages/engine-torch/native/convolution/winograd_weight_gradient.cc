#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <vector>

#include "convolution/bf16_vectors.h"
#include "convolution/pair_products.h"
#include "convolution/weight_gradient_plan.h"
#include "convolution/winograd.h"
#include "convolution/winograd_filters.h"
#include "convolution/winograd_tiles.h"

namespace ravine {

#if RAVINE_HAS_AVX512_BF16
namespace {

constexpr int64_t kOutputs = FilterBlock::kOutputs, kInputs = FilterBlock::kInputs;
constexpr int64_t kBlocks = 4;  // of outputs, which share what is read of the input
static_assert(kBlocks * kOutputs % kGroup == 0, "whole groups");

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Transformed tiles of a stage, of some channels.
class StageTiles {
 public:
  StageTiles(int64_t channels, int64_t pairs)
      : panels_(whole_groups(channels) / kLanes),
        pairs_(pairs),
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
        ins_{share.in_begin, share.in_end},
        outs_{share.out_begin, share.out_end},
        pairs_(tile_pairs_of(sizes).count()),
        stage_(std::min(tiles_in_stage(sizes, kPositions), pairs_)),
        inputs_(ins_.end - ins_.begin, stage_),
        gradients_(outs_.end - outs_.begin, stage_),
        in_blocks_(divide_up(ins_.end - ins_.begin, kInputs)),
        out_blocks_(whole_groups(outs_.end - outs_.begin) / kOutputs),
        sums_(at::empty({(stage_ < pairs_ ? in_blocks_ * out_blocks_ : kBlocks) * FilterBlock::kValues}, at::kFloat)),
        bias_(out_blocks_ * kOutputs, 0.0f) {}

  void run(const Bits16* input, ImageValues gradient, float* filters) {
    for (int64_t begin = 0; begin < pairs_; begin += stage_) {
      const TileRange stage{begin, std::min(pairs_, begin + stage_)};
      input_tile_pairs(s_, input, ins_, stage, inputs_.all());
      gradient_tile_pairs(s_, gradient, outs_, stage, gradients_.all(), bias_.data());
      for (int64_t in = 0; in < in_blocks_; ++in) {
        for (int64_t out = 0; out < out_blocks_; out += kBlocks) {
          add_blocks(in, out, std::min(out_blocks_, out + kBlocks), stage, filters);
        }
      }
    }
  }

  void copy_bias(float* bias) const {
    for (int64_t place = 0; place < out_blocks_ * kOutputs; ++place) {
      const int64_t channel = outs_.begin + channel_at(place);
      if (channel < outs_.end) bias[channel] = bias_[place];
    }
  }

 private:
  /// Adds a stage's products; after the last stage the filters are done.
  void add_blocks(int64_t in, int64_t out_begin, int64_t out_end, TileRange stage, float* filters) {
    const int64_t at = stage_ < pairs_ ? in * out_blocks_ + out_begin : 0;
    float* sums = sums_.data_ptr<float>() + at * FilterBlock::kValues;
    for (int64_t position = 0; position < kPositions; ++position) {
      for (int64_t out = out_begin; out < out_end; ++out) {
        float* target = sums + (out - out_begin) * FilterBlock::kValues + position * kOutputs * kInputs;
        const ProductTile tile{inputs_.at(position, in * (kInputs / kLanes)),
                               gradients_.at(position, out),
                               stage.end - stage.begin,
                               inputs_.panel() * 2,
                               std::min(kInputs, whole_groups(ins_.end - ins_.begin) - in * kInputs),
                               kOutputs,
                               target,
                               kInputs,
                               stage.begin == 0};
        const JoinedPixels all{0, 0};
        add_pair_products(tile, &all, 1);
      }
    }
    if (stage.end < pairs_) return;
    const int64_t first_in = ins_.begin + in * kInputs;
    for (int64_t out = out_begin; out < out_end; ++out) {
      const int64_t first_out = outs_.begin + out / 2 * kGroup;
      const FilterBlock block{sums + (out - out_begin) * FilterBlock::kValues, std::min(kGroup, outs_.end - first_out),
                              std::min(kInputs, ins_.end - first_in), out % 2 == 1};
      filter_gradients(block, filters + first_out * 9 * s_.inputs + first_in, s_.inputs);
    }
  }

  const ConvSizes& s_;
  const Channels ins_, outs_;
  const int64_t pairs_, stage_;  // of tiles
  const StageTiles inputs_, gradients_;
  const int64_t in_blocks_, out_blocks_;
  const at::Tensor sums_;
  std::vector<float> bias_;
};

}  // namespace

void winograd_weight_gradient(const ConvSizes& s, const Bits16* input, ImageValues gradient, float* filters,
                              float* bias) {
  const std::vector<Share> shares = shares_of(s, at::get_num_threads(), kOutputs / 2);
  at::parallel_for(0, static_cast<int64_t>(shares.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      ShareOfGradient work(s, shares[i]);
      work.run(input, gradient, filters);
      if (bias != nullptr && shares[i].in_begin == 0) work.copy_bias(bias);
    }
  });
}

#else

void winograd_weight_gradient(const ConvSizes&, const Bits16*, ImageValues, float*, float*) {}

#endif

}  // namespace ravine
