// Between tiles of 2×4 outputs and the 24 products that make them: Aᵀ m A, and A d Aᵀ for their gradient.
#include "convolution/pixel_rows.h"
#include "convolution/winograd_axes.h"

#if RAVINE_HAS_AVX512_BF16
namespace ravine {
namespace {

using namespace avx512_bf16;

/// 16 channels of a tile of 2×4 pixels.
struct Pixels {
  Register at[2][4];
};

/// Outputs of a tile from its products, with a bias added.
RAVINE_BF16_INLINE Pixels outputs_of(const float* values, int64_t position, Register bias) {
  Pixels result;
  transform<OutputAxis2, OutputAxis>(
      [&](int i, int j) RAVINE_REGISTER_LAMBDA {
        return _mm512_loadu_ps(values + (kPositionColumns * i + j) * position);
      },
      [&](int i, int j, Register value) RAVINE_REGISTER_LAMBDA { result.at[i][j] = value + bias; });
  return result;
}

/// The even or the odd channels of the pixels of a tile.
template <bool odd, class Row>
RAVINE_BF16_INLINE Pixels load(const Row& above, const Row& below, int64_t column) {
  const auto half = [](__m512i pairs) RAVINE_REGISTER_LAMBDA { return odd ? high_of(pairs) : low_of(pairs); };
  Pixels result;
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    result.at[0][j] = half(above.at(column + j));
    result.at[1][j] = half(below.at(column + j));
  }
  return result;
}

/// A row of A d, from the two rows of a tile.
RAVINE_BF16_INLINE void mix_rows(const Pixels& pixels, int row, Register (&to)[4]) {
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    const Register a = pixels.at[0][j], b = pixels.at[1][j];
    to[j] = row == 0 ? a : row == 1 ? a + b : row == 2 ? a - b : b;
  }
}

RAVINE_BF16_INLINE Register sum_of(const Register (&values)[4]) {
  return (values[0] + values[1]) + (values[2] + values[3]);
}

template <class Row>
struct TwoRows {
  Row above, below;
};

template <bool odd, class Row>
RAVINE_AVX512_BF16 void make_pairs(const TwoRows<Row>& first, const TwoRows<Row>& second, const TileSegment& segment,
                                   Bits16* target, int64_t position, float* sums) {
  Register sum = _mm512_loadu_ps(sums);
  for (int64_t t = 0; t < segment.count; ++t, target += TilePairs::kPair) {
    const int64_t column = kTile.width * (segment.column + t);
    const Pixels one = load<odd>(first.above, first.below, column), two = load<odd>(second.above, second.below, column);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      Register row_one[4], row_two[4], a[6], b[6];
      mix_rows(one, i, row_one);
      mix_rows(two, i, row_two);
      if (i == 1) sum = sum + (sum_of(row_one) + sum_of(row_two));
      GradientAxis::apply(row_one, a);
      GradientAxis::apply(row_two, b);
#pragma GCC unroll 6
      for (int j = 0; j < 6; ++j) {
        _mm512_storeu_si512(target + (kPositionColumns * i + j) * position, rounded_pairs(a[j], b[j]));
      }
    }
  }
  _mm512_storeu_ps(sums, sum);
}

template <class Row>
void make_all_pairs(const ConvSizes& s, ImageValues gradient, Channels channels, TileRange pairs,
                    const TilePairs& target, float* sums) {
  const ImageSizes sizes{s.samples, s.out_height, s.out_width, s.outputs};
  for_each_segment(tile_pairs_of(s), pairs, [&](const TileSegment& segment) {
    Bits16* line = target.values + segment.first * TilePairs::kPair;
    float* sum = sums;
    for (int64_t c = channels.begin; c < channels.end; c += kGroup, line += 2 * target.panel, sum += kGroup) {
      const auto rows = [&](int64_t sample) {
        const __mmask32 group = group_of(channels.end - c);
        return TwoRows<Row>{Row(sizes, gradient, sample, kTile.height * segment.row, c, group),
                            Row(sizes, gradient, sample, kTile.height * segment.row + 1, c, group)};
      };
      const TwoRows<Row> first = rows(2 * segment.sample), second = rows(2 * segment.sample + 1);
      make_pairs<false>(first, second, segment, line, target.position, sum);
      make_pairs<true>(first, second, segment, line + target.panel, target.position, sum + kLanes);
    }
  });
}

RAVINE_BF16_INLINE void store_pixels(const Pixels& pixels, Bits16* target, int64_t pixel, int64_t row, int64_t height,
                                     int64_t width, __mmask16 lanes) {
#pragma GCC unroll 2
  for (int i = 0; i < 2; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      if (i < height && j < width) {
        _mm256_mask_storeu_epi16(target + i * row + j * pixel, lanes, rounded(pixels.at[i][j]));
      }
    }
  }
}

/// The largest of the four pixels of a 2×2 window if it is above 0, and which one it is. The first of equal ones wins; NaN
/// wins against all.
template <int window>
RAVINE_BF16_INLINE void store_winner(const Pixels& pixels, Bits16* target, uint8_t* winner, __mmask16 lanes) {
  __m512 best = pixels.at[0][2 * window];
  __m512i which = _mm512_setzero_si512();
#pragma GCC unroll 3
  for (int k = 1; k < 4; ++k) {
    const __m512 value = pixels.at[k / 2][2 * window + k % 2];
    const __mmask16 is_number = _mm512_cmp_ps_mask(best, best, _CMP_ORD_Q);
    const __mmask16 wins = _mm512_mask_cmp_ps_mask(is_number, value, best, _CMP_NLE_UQ);
    best = _mm512_mask_mov_ps(best, wins, value);
    which = _mm512_mask_mov_epi32(which, wins, _mm512_set1_epi32(k));
  }
  const __mmask16 passes = _mm512_cmp_ps_mask(best, _mm512_setzero_ps(), _CMP_NLE_UQ);
  which = _mm512_mask_mov_epi32(_mm512_set1_epi32(kNoWinner), passes, which);
  _mm256_mask_storeu_epi16(target, lanes, rounded(_mm512_maskz_mov_ps(passes, best)));
  _mm_mask_storeu_epi8(winner, lanes, _mm512_maskz_cvtepi32_epi8(0xffff, which));
}

}  // namespace

void gradient_tile_pairs(const ConvSizes& s, ImageValues gradient, Channels channels, TileRange pairs,
                         const TilePairs& target, float* sums) {
  gradient.winners == nullptr ? make_all_pairs<PixelRow>(s, gradient, channels, pairs, target, sums)
                              : make_all_pairs<PooledRow>(s, gradient, channels, pairs, target, sums);
}

RAVINE_AVX512_BF16 void output_tiles(const ConvSizes& s, const TileProducts& products, TileRange tiles,
                                     Channels outputs, const Bits16* bias, OutputImages images) {
  const bool pools = images.winners != nullptr;
  for_each_segment(tiles_of(s, kTile), tiles, [&](const TileSegment& segment) RAVINE_AVX512_BF16 {
    const int64_t top = kTile.height * segment.row;
    for (int64_t t = 0; t < segment.count; ++t) {
      const int64_t left = kTile.width * (segment.column + t), width = s.out_width - left;
      const int64_t pixel = pools ? ((segment.sample * s.out_height + top) / 2 * s.out_width + left) / 2
                                  : (segment.sample * s.out_height + top) * s.out_width + left;
      const float* values = products.values + (segment.first + t) * products.tile;
      for (int64_t c = 0; c < outputs.count(); c += kLanes) {
        const __mmask16 lanes = lanes_of(outputs.count() - c);
        const int64_t at = pixel * s.outputs + outputs.begin + c;
        const Pixels tile = outputs_of(values + c, products.position,
                                       bias != nullptr ? load_lanes(bias + outputs.begin + c, lanes) : Register{});
        if (pools) {
          store_winner<0>(tile, images.values + at, images.winners + at, lanes);
          if (width > 2) store_winner<1>(tile, images.values + at + s.outputs, images.winners + at + s.outputs, lanes);
        } else {
          store_pixels(tile, images.values + at, s.outputs, s.out_width * s.outputs, s.out_height - top, width, lanes);
        }
      }
    }
  });
}

}  // namespace ravine
#endif
