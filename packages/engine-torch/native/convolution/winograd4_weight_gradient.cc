#include <ATen/ops/empty.h>

#include <vector>

#include "convolution/tile_blocks.h"
#include "convolution/weight_gradient_plan.h"
#include "convolution/winograd.h"
#include "convolution/winograd4_filters.h"
#include "kernels/product_sums.h"

namespace ravine {
namespace {

constexpr int64_t kOutputs = 96;  // whose sums are made and transformed back together

/// Transformed tiles of a stage, of some channels.
class StageTiles {
 public:
  StageTiles(Channels channels, int64_t tiles)
      : channels_(channels),
        tile_(odd_lines(channels.count() * 4) * 16),
        position_(odd_lines((tiles * tile_ + ProductSums::kRowsAtOnce) * 4) * 16),
        memory_(at::empty({kPositions4 * position_}, at::kFloat)) {}

  Channels channels() const { return channels_; }
  int64_t tile() const { return tile_; }
  TileValues<float> from(int64_t tile) const { return {at(0, channels_.begin) + tile * tile_, position_, tile_}; }
  float* at(int64_t position, int64_t channel) const {
    return memory_.data_ptr<float>() + position * position_ + channel - channels_.begin;
  }

 private:
  const Channels channels_;
  const int64_t tile_, position_;
  const at::Tensor memory_;
};

/// Sums of products of some outputs and a panel of inputs, [36 positions][outputs][inputs].
struct SumBlock {
  float* values;
  Channels outputs;
  Panel inputs;

  int64_t position() const {
    const int64_t rows = (outputs.count() + ProductSums::kRowsAtOnce - 1) / ProductSums::kRowsAtOnce;
    return odd_lines(rows * ProductSums::kRowsAtOnce * inputs.width * 4) * 16;
  }
};

/// Computes one share of the filters on one thread, which transforms for itself what it needs.
class ShareOfGradient {
 public:
  ShareOfGradient(const ConvSizes& sizes, const Share& share)
      : s_(sizes),
        tiles_(tiles_of(sizes, kTile4)),
        stage_(std::min(tiles_in_stage(sizes, kPositions4), tiles_.count())),
        inputs_({share.in_begin, share.in_end}, stage_),
        gradients_({share.out_begin, share.out_end}, stage_),
        bias_(share.out_end - share.out_begin, 0.0f) {
    const bool keeps_all = stage_ < tiles_.count();
    int64_t size = 0, largest = 0;
    for (const Panel& panel : panels_of(share.in_begin, share.in_end)) {
      for (int64_t out = share.out_begin; out < share.out_end; out += kOutputs) {
        SumBlock block{nullptr, {out, std::min(share.out_end, out + kOutputs)}, panel};
        starts_.push_back(keeps_all ? size : 0);
        size += kPositions4 * block.position();
        largest = std::max(largest, kPositions4 * block.position());
        blocks_.push_back(block);
      }
    }
    sums_ = at::empty({keeps_all ? size : largest}, at::kFloat);
    for (size_t i = 0; i < blocks_.size(); ++i) blocks_[i].values = sums_.data_ptr<float>() + starts_[i];
  }

  void run(const float* input, const float* gradient, float* filters) {
    for (int64_t begin = 0; begin < tiles_.count(); begin += stage_) {
      const TileRange stage{begin, std::min(tiles_.count(), begin + stage_)};
      transform(input, gradient, stage);
      for (const SumBlock& block : blocks_) {
        add_products(block, stage);
        if (stage.end < tiles_.count()) continue;
        const int64_t first = block.outputs.begin * 9 * s_.inputs + block.inputs.first;
        winograd4_kernels().filter_gradients(block.values, block.position(), block.outputs.count(), block.inputs.width,
                                             filters + first, s_.inputs);
      }
    }
  }

  void copy_bias(float* bias) const { std::copy(bias_.begin(), bias_.end(), bias + gradients_.channels().begin); }

 private:
  void transform(const float* input, const float* gradient, TileRange stage) {
    const Channels ins = inputs_.channels(), outs = gradients_.channels();
    for_each_segment(tiles_, stage, [&](const TileSegment& t) {
      const int64_t top = 4 * t.row, left = 4 * t.column;
      winograd4_kernels().input_tiles({input + t.sample * s_.height * s_.width * s_.inputs, s_.height, s_.width,
                                       s_.inputs, top - s_.padding, left - s_.padding, ins.begin, ins.count(), t.count},
                                      inputs_.from(t.first));
      winograd4_kernels().gradient_tiles({gradient + t.sample * s_.out_height * s_.out_width * s_.outputs,
                                          s_.out_height, s_.out_width, s_.outputs, top, left, outs.begin, outs.count(),
                                          t.count},
                                         gradients_.from(t.first), bias_.data());
    });
  }

  void add_products(const SumBlock& block, TileRange stage) {
    for (int64_t p = 0; p < kPositions4; ++p) {
      product_kernels().add({gradients_.at(p, block.outputs.begin), 1, gradients_.tile(),
                             inputs_.at(p, block.inputs.first), inputs_.tile(), stage.end - stage.begin,
                             block.outputs.count(), block.inputs.width, block.values + p * block.position(),
                             stage.begin > 0});
    }
  }

  const ConvSizes& s_;
  const TileGrid tiles_;
  const int64_t stage_;  // tiles in it
  const StageTiles inputs_, gradients_;
  std::vector<float> bias_;
  std::vector<SumBlock> blocks_;
  std::vector<int64_t> starts_;
  at::Tensor sums_;
};

}  // namespace

void winograd_weight_gradient(const ConvSizes& s, const float* input, const float* gradient, float* filters,
                               float* bias) {
  const std::vector<Share> shares = shares_of(s, at::get_num_threads(), 16);
  at::parallel_for(0, static_cast<int64_t>(shares.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      ShareOfGradient work(s, shares[i]);
      work.run(input, gradient, filters);
      if (bias != nullptr && shares[i].in_begin == 0) work.copy_bias(bias);
    }
  });
}

}  // namespace ravine
