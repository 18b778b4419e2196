#include "convolution/winograd_filters.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>

#include "convolution/bf16_vectors.h"

namespace ravine {

FilterPanels::FilterPanels(FilterSizes sizes, Direction direction)
    : sources(direction == Direction::forward ? sizes.inputs : sizes.outputs),
      targets(direction == Direction::forward ? sizes.outputs : sizes.inputs),
      memory(at::empty({(targets + 15) / 16 * 16 * pairs() * 2 * 16}, at::kBFloat16)),
      start(static_cast<Bits16*>(memory.data_ptr())) {}

int64_t FilterPanels::width(int64_t panel) const {
  return (std::min(kPanel, targets - panel * kPanel) + 15) / 16 * 16;
}

#if RAVINE_HAS_AVX512_BF16
namespace {

/// The nine taps of 16 filters.
struct Taps {
  __m512 at[3][3];
};

/// G g along one axis.
RAVINE_BF16_INLINE void filter_axis(__m512 a, __m512 b, __m512 c, __m512 (&to)[4]) {
  const __m512 half = _mm512_set1_ps(0.5f);
  const __m512 ends = (a + c) * half, middle = b * half;
  to[0] = a;
  to[1] = ends + middle;
  to[2] = ends - middle;
  to[3] = c;
}

RAVINE_BF16_INLINE void transform(const Taps& g, __m512 (&result)[16]) {
  __m512 half[3][4];
  for (int i = 0; i < 3; ++i) filter_axis(g.at[i][0], g.at[i][1], g.at[i][2], half[i]);
  for (int j = 0; j < 4; ++j) {
    __m512 column[4];
    filter_axis(half[0][j], half[1][j], half[2][j], column);
    for (int i = 0; i < 4; ++i) result[4 * i + j] = column[i];
  }
}

/// Sixteen outputs of a pair of inputs; `second` is zero where there is none.
RAVINE_BF16_INLINE void load_forward(FilterSizes s, const Bits16* filters, int64_t output, int64_t input, Taps& first,
                                     Taps& second) {
  const __mmask16 lanes = lanes_of(s.outputs - output);
  // The last input of an odd number is read as the second one of a pair.
  const bool is_last = input + 1 == s.inputs;
  const Bits16* start = filters + output * 9 * s.inputs + input - (is_last ? 1 : 0);
  const __m512i step = _mm512_set1_epi32(static_cast<int>(9 * s.inputs * 2));
  const __m512i index =
      _mm512_mullo_epi32(_mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0), step);
  const __m512i high = _mm512_set1_epi32(static_cast<int>(0xffff0000u));
  for (int tap = 0; tap < 9; ++tap) {
    const __m512i both = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), lanes, index, start + tap * s.inputs, 1);
    const __m512 low = _mm512_castsi512_ps(_mm512_maskz_slli_epi32(0xffff, both, 16));
    const __m512 top = _mm512_castsi512_ps(_mm512_and_si512(both, high));
    first.at[tap / 3][tap % 3] = is_last ? top : low;
    second.at[tap / 3][tap % 3] = is_last ? _mm512_setzero_ps() : top;
  }
}

/// Sixteen inputs of an output, turned by 180°.
RAVINE_BF16_INLINE void load_backward(FilterSizes s, const Bits16* filters, int64_t output, int64_t input, Taps& taps) {
  const __mmask16 lanes = output < s.outputs ? lanes_of(s.inputs - input) : 0;
  const Bits16* start = filters + output * 9 * s.inputs + input;
  for (int tap = 0; tap < 9; ++tap) taps.at[2 - tap / 3][2 - tap % 3] = load_lanes(start + tap * s.inputs, lanes);
}

/// 16 targets of one pair of sources.
RAVINE_AVX512_BF16 void transform_block(FilterSizes sizes, const Bits16* filters, Direction direction, int64_t target,
                                        int64_t pair, Bits16* to, int64_t position) {
  Taps first, second;
  if (direction == Direction::forward) {
    load_forward(sizes, filters, target, 2 * pair, first, second);
  } else {
    load_backward(sizes, filters, 2 * pair, target, first);
    load_backward(sizes, filters, 2 * pair + 1, target, second);
  }
  __m512 a[16], b[16];
  transform(first, a);
  transform(second, b);
  for (int p = 0; p < 16; ++p) _mm512_storeu_si512(to + p * position, rounded_pairs(a[p], b[p]));
}

}  // namespace

FilterPanels transform_filters(FilterSizes sizes, const Bits16* filters, Direction direction) {
  const FilterPanels panels(sizes, direction);
  const int64_t pairs = panels.pairs(), blocks = (panels.targets + kLanes - 1) / kLanes;
  at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t target = block * kLanes, panel = target / FilterPanels::kPanel;
      const int64_t width = panels.width(panel);
      Bits16* start = panels.panel(panel) + (target - panel * FilterPanels::kPanel) * 2;
      for (int64_t pair = 0; pair < pairs; ++pair) {
        transform_block(sizes, filters, direction, target, pair, start + pair * width * 2, pairs * width * 2);
      }
    }
  });
  return panels;
}

RAVINE_AVX512_BF16 void filter_gradients(const float* transformed, int64_t outputs, int64_t inputs, float* gradient,
                                         int64_t stride) {
  const __m512 half = _mm512_set1_ps(0.5f);
  for (int64_t o = 0; o < outputs; ++o) {
    for (int64_t i = 0; i < inputs; i += kLanes) {
      __m512 rows[3][4];
      for (int j = 0; j < 4; ++j) {
        const auto at = [&](int row) RAVINE_AVX512_BF16 {
          return _mm512_loadu_ps(transformed + ((4 * row + j) * 16 + o) * 64 + i);
        };
        const __m512 a = at(1), b = at(2);
        rows[0][j] = at(0) + (a + b) * half;
        rows[1][j] = (a - b) * half;
        rows[2][j] = (a + b) * half + at(3);
      }
      const __mmask16 lanes = lanes_of(inputs - i);
      for (int k = 0; k < 3; ++k) {
        float* target = gradient + (o * 9 + k * 3) * stride + i;
        const __m512 sum = (rows[k][1] + rows[k][2]) * half;
        _mm512_mask_storeu_ps(target, lanes, rows[k][0] + sum);
        _mm512_mask_storeu_ps(target + stride, lanes, (rows[k][1] - rows[k][2]) * half);
        _mm512_mask_storeu_ps(target + 2 * stride, lanes, sum + rows[k][3]);
      }
    }
  }
}
#endif

}  // namespace ravine
