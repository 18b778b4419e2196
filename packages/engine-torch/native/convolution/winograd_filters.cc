#include "convolution/winograd_filters.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>

#include "convolution/tile_blocks.h"
#include "convolution/winograd_axes.h"
#include "convolution/winograd_tiles.h"

namespace ravine {

FilterPanels::FilterPanels(FilterSizes sizes, Direction direction)
    : sources(direction == Direction::forward ? sizes.inputs : sizes.outputs),
      targets(direction == Direction::forward ? sizes.outputs : sizes.inputs),
      memory(at::empty({kPositions * ((count() - 1) * position(0) + position(count() - 1))}, at::kBFloat16)),
      start(static_cast<Bits16*>(memory.data_ptr())) {}

int64_t FilterPanels::width(int64_t panel) const {
  return (std::min(kPanel, targets - panel * kPanel) + 15) / 16 * 16;
}

int64_t FilterPanels::position(int64_t panel) const { return odd_lines(pairs() * width(panel) * 2 * 2) * 32; }

#if RAVINE_HAS_AVX512_BF16
namespace {

using namespace avx512_bf16;

/// The nine taps of 16 filters.
struct Taps {
  __m512 at[3][3];
};

RAVINE_BF16_INLINE void transform_taps(const Taps& g, Register (&result)[kPositions]) {
  transform<FilterAxis2, FilterAxis>(
      [&](int i, int j) RAVINE_REGISTER_LAMBDA { return g.at[i][j]; },
      [&](int i, int j, Register value) RAVINE_REGISTER_LAMBDA { result[kPositionColumns * i + j] = value; });
}

/// The taps of two sources of 16 filters.
struct PairOfTaps {
  Taps first, second;
};

/// Two values of 16 outputs at a tap: of an input and its neighbour, of which either may not exist.
RAVINE_BF16_INLINE __m512i neighbours(FilterSizes s, const Bits16* filters, int64_t output, int64_t input, int tap) {
  const __mmask16 lanes = lanes_of(s.outputs - output);
  const Bits16* start = filters + (output * 9 + tap) * s.inputs + input;
  const int64_t step = 9 * s.inputs;
  if (input + 1 < s.inputs) {
    const __m512i count = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i places = _mm512_mullo_epi32(count, _mm512_set1_epi32(static_cast<int>(step * 2)));
    return _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), lanes, places, start, 1);
  }
  alignas(64) uint32_t values[16] = {};
  for (int64_t o = 0; input < s.inputs && o < 16 && output + o < s.outputs; ++o) values[o] = start[o * step];
  return _mm512_load_si512(values);
}

/// Four neighbouring inputs of 16 outputs: the first and the third are a pair, and so are the others.
RAVINE_BF16_INLINE void load_forward(FilterSizes s, const Bits16* filters, int64_t output, int64_t input,
                                     PairOfTaps& even, PairOfTaps& odd) {
  for (int tap = 0; tap < 9; ++tap) {
    const __m512i one = neighbours(s, filters, output, input, tap);
    const __m512i two = neighbours(s, filters, output, input + 2, tap);
    even.first.at[tap / 3][tap % 3] = low_of(one);
    even.second.at[tap / 3][tap % 3] = low_of(two);
    odd.first.at[tap / 3][tap % 3] = high_of(one);
    odd.second.at[tap / 3][tap % 3] = high_of(two);
  }
}

/// Sixteen inputs of an output, turned by 180°.
RAVINE_BF16_INLINE void load_backward(FilterSizes s, const Bits16* filters, int64_t output, int64_t input, Taps& taps) {
  const __mmask16 lanes = output < s.outputs ? lanes_of(s.inputs - input) : 0;
  const Bits16* start = filters + output * 9 * s.inputs + input;
  for (int tap = 0; tap < 9; ++tap) taps.at[2 - tap / 3][2 - tap % 3] = load_lanes(start + tap * s.inputs, lanes);
}

RAVINE_BF16_INLINE void store(const PairOfTaps& taps, Bits16* to, int64_t position) {
  Register a[kPositions], b[kPositions];
  transform_taps(taps.first, a);
  transform_taps(taps.second, b);
  for (int p = 0; p < kPositions; ++p) _mm512_storeu_si512(to + p * position, rounded_pairs(a[p], b[p]));
}

/// 16 targets of four neighbouring sources, which make a pair among the even and one among the odd channels of their
/// group. `to` is for the group's first pair, `pair` the distance to the next.
RAVINE_AVX512_BF16 void transform_four(FilterSizes sizes, const Bits16* filters, Direction direction, int64_t target,
                                       int64_t source, Bits16* to, int64_t pair, int64_t position) {
  PairOfTaps even, odd;
  if (direction == Direction::forward) {
    load_forward(sizes, filters, target, source, even, odd);
  } else {
    load_backward(sizes, filters, source, target, even.first);
    load_backward(sizes, filters, source + 1, target, odd.first);
    load_backward(sizes, filters, source + 2, target, even.second);
    load_backward(sizes, filters, source + 3, target, odd.second);
  }
  const int64_t at = source % kGroup / 4;
  store(even, to + at * pair, position);
  store(odd, to + (at + kGroup / 4) * pair, position);
}

}  // namespace

FilterPanels transform_filters(FilterSizes sizes, const Bits16* filters, Direction direction) {
  const FilterPanels panels(sizes, direction);
  const int64_t blocks = (panels.targets + kLanes - 1) / kLanes;
  at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t target = block * kLanes, panel = target / FilterPanels::kPanel;
      const int64_t pair = panels.width(panel) * 2, position = panels.position(panel);
      Bits16* start = panels.panel(panel) + (target - panel * FilterPanels::kPanel) * 2;
      for (int64_t source = 0; source < panels.pairs() * 2; source += 4) {
        Bits16* group = start + source / kGroup * (kGroup / 2) * pair;
        transform_four(sizes, filters, direction, target, source, group, pair, position);
      }
    }
  });
  return panels;
}

namespace {

RAVINE_BF16_INLINE void transform_back(const float* values, Register (&taps)[9]) {
  transform<FilterGradientAxis2, FilterGradientAxis>(
      [&](int i, int j) RAVINE_REGISTER_LAMBDA {
        return _mm512_loadu_ps(values + (kPositionColumns * i + j) * FilterBlock::kOutputs * FilterBlock::kInputs);
      },
      [&](int i, int j, Register value) RAVINE_REGISTER_LAMBDA { taps[3 * i + j] = value; });
}

}  // namespace

RAVINE_AVX512_BF16 void filter_gradients(const FilterBlock& block, float* gradient, int64_t stride) {
  const __m512i low = _mm512_set_epi32(23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  const __m512i high = _mm512_add_epi32(low, _mm512_set1_epi32(8));
  for (int64_t place = 0, o = block.is_odd ? 1 : 0; o < block.outputs; ++place, o += 2) {
    for (int64_t i = 0; i < block.inputs; i += kGroup) {
      const float* values = block.values + place * FilterBlock::kInputs + i;
      __m512 even[9], odd[9];
      transform_back(values, even);
      transform_back(values + kLanes, odd);
      for (int tap = 0; tap < 9; ++tap) {
        float* target = gradient + (o * 9 + tap) * stride + i;
        _mm512_mask_storeu_ps(target, lanes_of(block.inputs - i), _mm512_permutex2var_ps(even[tap], low, odd[tap]));
        _mm512_mask_storeu_ps(target + kLanes, lanes_of(block.inputs - i - kLanes),
                              _mm512_permutex2var_ps(even[tap], high, odd[tap]));
      }
    }
  }
}
#endif

}  // namespace ravine
