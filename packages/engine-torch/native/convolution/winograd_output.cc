// Between tiles of 2×2 outputs and the 16 products that make them: Aᵀ m A, and A d Aᵀ for their gradient.
#include "convolution/pixel_rows.h"

#if RAVINE_HAS_AVX512_BF16
namespace ravine {
namespace {

/// 16 channels of a tile of 2×2 pixels.
struct Four {
  __m512 at[2][2];
};

RAVINE_BF16_INLINE Four outputs_of(const float* values, int64_t position) {
  __m512 half[4][2];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const auto at = [&](int j) RAVINE_AVX512_BF16 __attribute__((always_inline)) {
      return _mm512_loadu_ps(values + (4 * i + j) * position);
    };
    const __m512 one = at(1), two = at(2);
    half[i][0] = at(0) + one + two;
    half[i][1] = one - two - at(3);
  }
  Four result;
#pragma GCC unroll 2
  for (int j = 0; j < 2; ++j) {
    result.at[0][j] = half[0][j] + half[1][j] + half[2][j];
    result.at[1][j] = half[1][j] - half[2][j] - half[3][j];
  }
  return result;
}

RAVINE_BF16_INLINE void add(Four& four, __m512 shift) {
  for (auto& row : four.at) {
    for (__m512& value : row) value = value + shift;
  }
}

/// The even or the odd channels of the pixels of a tile.
template <bool odd, class Row>
RAVINE_BF16_INLINE Four load(const Row& above, const Row& below, int64_t column) {
  const auto half = [](__m512i pairs) RAVINE_AVX512_BF16 __attribute__((always_inline)) {
    return odd ? high_of(pairs) : low_of(pairs);
  };
  return {{{half(above.at(column)), half(above.at(column + 1))}, {half(below.at(column)), half(below.at(column + 1))}}};
}

/// A d along one axis, the sign of the last turned.
RAVINE_BF16_INLINE void spread(__m512 a, __m512 b, __m512 (&to)[4]) {
  to[0] = a;
  to[1] = a + b;
  to[2] = a - b;
  to[3] = b;
}

template <class Row>
struct TwoRows {
  Row above, below;
};

template <bool odd, class Row>
RAVINE_AVX512_BF16 void make_pairs(const TwoRows<Row>& first, const TwoRows<Row>& second, const TileSegment& segment,
                                   Bits16* target, int64_t position, float* sums) {
  __m512 sum = _mm512_loadu_ps(sums);
  for (int64_t t = 0; t < segment.count; ++t, target += TilePairs::kPair) {
    const int64_t column = 2 * (segment.column + t);
    const Four one = load<odd>(first.above, first.below, column), two = load<odd>(second.above, second.below, column);
    __m512 rows[2][2][4];  // [sample][column][row of positions]
#pragma GCC unroll 2
    for (int j = 0; j < 2; ++j) {
      spread(one.at[0][j], one.at[1][j], rows[0][j]);
      spread(two.at[0][j], two.at[1][j], rows[1][j]);
    }
    // At position (1, 1) the transform is the sum over the tile.
    sum = sum + ((rows[0][0][1] + rows[0][1][1]) + (rows[1][0][1] + rows[1][1][1]));
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      __m512 a[4], b[4];
      spread(rows[0][0][i], rows[0][1][i], a);
      spread(rows[1][0][i], rows[1][1][i], b);
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j) _mm512_storeu_si512(target + (4 * i + j) * position, rounded_pairs(a[j], b[j]));
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
        return TwoRows<Row>{Row(sizes, gradient, sample, 2 * segment.row, c, group),
                            Row(sizes, gradient, sample, 2 * segment.row + 1, c, group)};
      };
      const TwoRows<Row> first = rows(2 * segment.sample), second = rows(2 * segment.sample + 1);
      make_pairs<false>(first, second, segment, line, target.position, sum);
      make_pairs<true>(first, second, segment, line + target.panel, target.position, sum + kLanes);
    }
  });
}

RAVINE_BF16_INLINE void store_four(const Four& four, Bits16* target, int64_t pixel, int64_t row, int64_t height,
                                   int64_t width, __mmask16 lanes) {
  for (int64_t i = 0; i < height; ++i) {
    for (int64_t j = 0; j < width; ++j) {
      _mm256_mask_storeu_epi16(target + i * row + j * pixel, lanes, rounded(four.at[i][j]));
    }
  }
}

/// The largest of four if it is above 0, and which one it is. The first of equal ones wins; NaN wins against all.
RAVINE_BF16_INLINE void store_winner(const Four& four, Bits16* target, uint8_t* winner, __mmask16 lanes) {
  __m512 best = four.at[0][0];
  __m512i which = _mm512_setzero_si512();
  for (int k = 1; k < 4; ++k) {
    const __m512 value = four.at[k / 2][k % 2];
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
  const int64_t count = outputs.end - outputs.begin;
  const bool pools = images.winners != nullptr;
  for_each_segment(tiles_of(s, kEdge), tiles, [&](const TileSegment& segment) RAVINE_AVX512_BF16 {
    const int64_t height = std::min<int64_t>(2, s.out_height - 2 * segment.row);
    for (int64_t t = 0; t < segment.count; ++t) {
      const int64_t left = 2 * (segment.column + t), width = std::min<int64_t>(2, s.out_width - left);
      const int64_t pixel = pools ? (segment.sample * s.out_height / 2 + segment.row) * (s.out_width / 2) + left / 2
                                  : (segment.sample * s.out_height + 2 * segment.row) * s.out_width + left;
      const int64_t at = pixel * s.outputs + outputs.begin;
      const float* values = products.values + (segment.first + t) * products.tile;
      for (int64_t c = 0; c < count; c += kLanes) {
        const __mmask16 lanes = lanes_of(count - c);
        Four four = outputs_of(values + c, products.position);
        if (bias != nullptr) add(four, load_lanes(bias + outputs.begin + c, lanes));
        if (pools) store_winner(four, images.values + at + c, images.winners + at + c, lanes);
        else store_four(four, images.values + at + c, s.outputs, s.out_width * s.outputs, height, width, lanes);
      }
    }
  });
}

}  // namespace ravine
#endif
