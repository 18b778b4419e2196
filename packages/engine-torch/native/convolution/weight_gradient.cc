#include "convolution/weight_gradient.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <vector>

#include "convolution/avx512_bf16.h"
#include "convolution/pair_products.h"
#include "kernels/isa.h"

namespace ravine {

#if RAVINE_HAS_AVX512_BF16
namespace {

constexpr int64_t kOutputBlock = 8 * kPanel;  // whose packed gradient stays in a core's second-level cache

/// Whether some tap joins this row or column of the input with an output: a stride may step over it.
bool is_seen(const ConvSizes& s, int64_t position) { return (position + s.padding) % s.stride < s.kernel; }

std::vector<int32_t> columns_seen(const ConvSizes& s) {
  std::vector<int32_t> columns;
  for (int64_t w = 0; w < s.width; ++w) {
    if (is_seen(s, w)) columns.push_back(static_cast<int32_t>(w));
  }
  return columns;
}

PairLayout layout_of(int64_t begin, int64_t end, int64_t pairs) { return {(end - begin + kPanel - 1) / kPanel, pairs}; }

/// Computes one share: packs a stage's rows, and adds the products of all taps while they are in the cache.
class Worker {
 public:
  Worker(const ConvSizes& sizes, const WeightGradientPlan& plan, const Share& share)
      : s_(sizes),
        plan_(plan),
        share_(share),
        input_layout_(layout_of(share.in_begin, share.in_end, plan.pairs)),
        gradient_layout_(layout_of(share.out_begin, share.out_end, plan.pairs)),
        input_columns_(columns_seen(sizes)),
        sums_(gradient_layout_.panels * kPanel) {
    for (int64_t q = 0; q < s_.out_width; ++q) gradient_columns_.push_back(static_cast<int32_t>(q));
    pixels_.reserve(plan.run);
  }

  void run(const Bits16* input, const Bits16* gradient, float* weight, float* bias) {
    const int64_t input_bytes = plan_.input_rows * s_.width * input_layout_.pixel_bytes();
    const int64_t gradient_bytes = plan_.rows * s_.out_width * gradient_layout_.pixel_bytes();
    const at::Tensor memory = at::empty({input_bytes + gradient_bytes + kLine}, at::kByte);
    const auto start = reinterpret_cast<uintptr_t>(memory.data_ptr());
    input_ = reinterpret_cast<char*>((start + kLine - 1) / kLine * kLine);
    gradient_ = input_ + input_bytes;
    const bool has_bias = bias != nullptr && share_.in_begin == 0;
    for (const Stage& stage : plan_.stages) {
      pack(stage, input, gradient, has_bias);
      add_products(stage, weight);
    }
    if (has_bias) std::copy_n(sums_.begin(), share_.out_end - share_.out_begin, bias + share_.out_begin);
  }

 private:
  char* input_row(int64_t row) const {
    return input_ + row % plan_.input_rows * s_.width * input_layout_.pixel_bytes();
  }

  void pack(const Stage& stage, const Bits16* input, const Bits16* gradient, bool has_bias) {
    const int64_t input_values = s_.width * s_.inputs, gradient_values = s_.out_width * s_.outputs;
    for (int64_t row = stage.input_begin; row < stage.input_end; ++row) {
      if (!is_seen(s_, row)) continue;
      const Bits16* first = input + (stage.first_sample * s_.height + row) * input_values;
      pack_pairs({first, stage.samples, s_.height * input_values, input_values, s_.inputs, share_.in_begin,
                  share_.in_end},
                 input_columns_, input_layout_, input_row(row), nullptr);
    }
    for (int64_t row = stage.row_begin; row < stage.row_end; ++row) {
      const Bits16* first = gradient + (stage.first_sample * s_.out_height + row) * gradient_values;
      char* target = gradient_ + (row - stage.row_begin) * s_.out_width * gradient_layout_.pixel_bytes();
      pack_pairs({first, stage.samples, s_.out_height * gradient_values, gradient_values, s_.outputs,
                  share_.out_begin, share_.out_end},
                 gradient_columns_, gradient_layout_, target, has_bias ? sums_.data() : nullptr);
    }
  }

  void add_products(const Stage& stage, float* weight) {
    for (int64_t out = share_.out_begin; out < share_.out_end; out += kOutputBlock) {
      for (int64_t in = share_.in_begin; in < share_.in_end; in += kInputBlock) {
        for (int64_t tap = 0; tap < s_.taps(); ++tap) {
          const Block block{out, std::min(share_.out_end, out + kOutputBlock), in,
                            std::min(share_.in_end, in + kInputBlock), tap};
          add_tap(stage, block, weight);
        }
      }
    }
  }

  struct Block {
    int64_t out_begin, out_end, in_begin, in_end, tap;
  };

  /// Joins the stage's output pixels with the input pixels that the tap shifts onto them, where these are in the image.
  void add_tap(const Stage& stage, const Block& block, float* weight) {
    const int64_t down = block.tap / s_.kernel - s_.padding, right = block.tap % s_.kernel - s_.padding;
    bool is_first = &stage == plan_.stages.data();
    pixels_.clear();
    for (int64_t p = stage.row_begin; p < stage.row_end; ++p) {
      const int64_t h = p * s_.stride + down;
      if (h < 0 || h >= s_.height) continue;
      const int64_t input = input_row(h) - input_, gradient = (p - stage.row_begin) * s_.out_width;
      for (int64_t q = 0; q < s_.out_width; ++q) {
        const int64_t w = q * s_.stride + right;
        if (w < 0 || w >= s_.width) continue;
        pixels_.push_back({static_cast<int32_t>(input + w * input_layout_.pixel_bytes()),
                           static_cast<int32_t>((gradient + q) * gradient_layout_.pixel_bytes())});
        if (static_cast<int64_t>(pixels_.size()) == plan_.run) add_run(block, weight, is_first);
      }
    }
    if (!pixels_.empty() || is_first) add_run(block, weight, is_first);
  }

  void add_run(const Block& block, float* weight, bool& is_first) {
    const int64_t in_panel = (block.in_begin - share_.in_begin) / kPanel;
    const int64_t stride = s_.taps() * s_.inputs;
    for (int64_t out = block.out_begin; out < block.out_end; out += kPanel) {
      const int64_t out_panel = (out - share_.out_begin) / kPanel;
      const ProductTile tile{input_ + in_panel * input_layout_.panel_bytes(),
                             gradient_ + out_panel * gradient_layout_.panel_bytes(),
                             plan_.pairs,
                             input_layout_.panel_bytes(),
                             block.in_end - block.in_begin,
                             std::min(kPanel, block.out_end - out),
                             weight + out * stride + block.tap * s_.inputs + block.in_begin,
                             stride,
                             is_first};
      add_pair_products(tile, pixels_.data(), static_cast<int64_t>(pixels_.size()));
    }
    is_first = false;
    pixels_.clear();
  }

  const ConvSizes& s_;
  const WeightGradientPlan& plan_;
  const Share share_;
  const PairLayout input_layout_, gradient_layout_;
  const std::vector<int32_t> input_columns_;
  std::vector<int32_t> gradient_columns_;
  std::vector<float> sums_;
  std::vector<JoinedPixels> pixels_;
  char* input_ = nullptr;
  char* gradient_ = nullptr;
};

}  // namespace

bool has_conv_weight_gradient(const ConvSizes& s) {
  static const bool suits = isa() == Isa::avx512 && has_avx512_bf16() && !has_amx_bf16();
  return suits && s.samples >= 4 && s.inputs >= 32 && s.outputs >= 32;
}

void conv_weight_gradient(const ConvSizes& sizes, const Bits16* input, const Bits16* gradient, float* weight,
                          float* bias) {
  const WeightGradientPlan plan = plan_weight_gradient(sizes);
  const std::vector<Share> shares = shares_of(sizes, at::get_num_threads(), kPanel / 2);
  at::parallel_for(0, static_cast<int64_t>(shares.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) Worker(sizes, plan, shares[i]).run(input, gradient, weight, bias);
  });
}

#else

bool has_conv_weight_gradient(const ConvSizes&) { return false; }
void conv_weight_gradient(const ConvSizes&, const Bits16*, const Bits16*, float*, float*) {}

#endif

}  // namespace ravine
