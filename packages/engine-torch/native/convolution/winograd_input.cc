// Bᵀ d B, row of positions by row of positions: each comes from two rows of pixels, and a tile shares the sums of two of
// its four columns with the tile before.
#include "convolution/pixel_rows.h"

#if RAVINE_HAS_AVX512_BF16
namespace ravine {
namespace {

/// The rows of positions that are made together: 0 from rows 0 and 2 of pixels; 1 and 2 from 1 and 2; 3 from 1 and 3.
enum class Pass { first, middle, last };
constexpr int rows_made(Pass pass) { return pass == Pass::middle ? 2 : 1; }
constexpr int row_made(Pass pass) { return pass == Pass::first ? 0 : pass == Pass::middle ? 1 : 3; }

template <class Row>
struct RowPair {
  Row a, b;
};

template <Pass pass, class Row>
RowPair<Row> rows_for(const ImageSizes& s, ImageValues images, int64_t sample, int64_t top, int64_t channel,
                      __mmask32 group) {
  const int64_t a = pass == Pass::first ? 0 : 1, b = pass == Pass::last ? 3 : 2;
  return {Row(s, images, sample, top + a, channel, group), Row(s, images, sample, top + b, channel, group)};
}

/// What a column of pixels gives for each row of positions.
template <Pass pass>
struct ColumnSums {
  __m512 at[rows_made(pass)];
};

template <Pass pass>
RAVINE_BF16_INLINE ColumnSums<pass> sums_of(__m512 a, __m512 b) {
  if constexpr (pass == Pass::middle) return {{a + b, b - a}};
  else return {{a - b}};
}

/// The four columns of a tile, and the step to the next tile.
template <Pass pass>
struct FourColumns {
  ColumnSums<pass> at[4];

  RAVINE_BF16_INLINE void shift() {
    at[0] = at[2];
    at[1] = at[3];
  }
  RAVINE_BF16_INLINE __m512 product_row(int row, int j) const {
    if (j == 0) return at[0].at[row] - at[2].at[row];
    if (j == 1) return at[1].at[row] + at[2].at[row];
    if (j == 2) return at[2].at[row] - at[1].at[row];
    return at[1].at[row] - at[3].at[row];
  }
};

/// One segment's tiles, 32 channels: even ones into the lower half of a line, odd ones into the upper.
template <Pass pass, class Row>
RAVINE_AVX512_BF16 void make_rows(const RowPair<Row>& rows, int64_t left, int64_t tiles, Bits16* target,
                                  const TileRows& strides) {
  FourColumns<pass> even, odd;
  const auto load = [&](int j, int64_t column) RAVINE_AVX512_BF16 __attribute__((always_inline)) {
    const __m512i a = rows.a.at(column), b = rows.b.at(column);
    even.at[j] = sums_of<pass>(low_of(a), low_of(b));
    odd.at[j] = sums_of<pass>(high_of(a), high_of(b));
  };
  load(2, left);
  load(3, left + 1);
  for (int64_t t = 0; t < tiles; ++t, target += strides.tile) {
    even.shift();
    odd.shift();
    load(2, left + 2 * t + 2);
    load(3, left + 2 * t + 3);
    for (int row = 0; row < rows_made(pass); ++row) {
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j) {
        _mm512_storeu_si512(target + (4 * (row_made(pass) + row) + j) * strides.position,
                            rounded_halves(even.product_row(row, j), odd.product_row(row, j)));
      }
    }
  }
}

/// The even or the odd channels of a segment's pairs of tiles.
template <Pass pass, bool odd>
RAVINE_AVX512_BF16 void make_pairs(const RowPair<PixelRow>& first, const RowPair<PixelRow>& second, int64_t left, int64_t tiles,
                                   Bits16* target, int64_t position) {
  FourColumns<pass> one, two;
  const auto half = [](__m512i pairs) RAVINE_AVX512_BF16 __attribute__((always_inline)) {
    return odd ? high_of(pairs) : low_of(pairs);
  };
  const auto load = [&](int j, int64_t column) RAVINE_AVX512_BF16 __attribute__((always_inline)) {
    one.at[j] = sums_of<pass>(half(first.a.at(column)), half(first.b.at(column)));
    two.at[j] = sums_of<pass>(half(second.a.at(column)), half(second.b.at(column)));
  };
  load(2, left);
  load(3, left + 1);
  for (int64_t t = 0; t < tiles; ++t, target += TilePairs::kPair) {
    one.shift();
    two.shift();
    load(2, left + 2 * t + 2);
    load(3, left + 2 * t + 3);
    for (int row = 0; row < rows_made(pass); ++row) {
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j) {
        _mm512_storeu_si512(target + (4 * (row_made(pass) + row) + j) * position,
                            rounded_pairs(one.product_row(row, j), two.product_row(row, j)));
      }
    }
  }
}

ImageSizes input_sizes(const ConvSizes& s) { return {s.samples, s.height, s.width, s.inputs}; }

/// Calls `work` for each pass, which is the type's value.
template <class Work>
void for_each_pass(const Work& work) {
  work(std::integral_constant<Pass, Pass::first>());
  work(std::integral_constant<Pass, Pass::middle>());
  work(std::integral_constant<Pass, Pass::last>());
}

template <class Row>
void make_tiles(const ConvSizes& s, ImageValues images, TileRange tiles, const TileRows& target) {
  for_each_segment(tiles_of(s, kEdge), tiles, [&](const TileSegment& segment) {
    const int64_t top = 2 * segment.row - s.padding, left = 2 * segment.column - s.padding;
    Bits16* start = target.values + segment.first * target.tile;
    for (int64_t c = 0; c < s.inputs; c += kGroup) {
      for_each_pass([&](auto pass) {
        constexpr Pass kPass = decltype(pass)::value;
        const RowPair<Row> rows =
            rows_for<kPass, Row>(input_sizes(s), images, segment.sample, top, c, group_of(s.inputs - c));
        make_rows<kPass>(rows, left, segment.count, start + c, target);
      });
    }
  });
}

}  // namespace

void input_tiles(const ConvSizes& s, ImageValues images, TileRange tiles, const TileRows& target) {
  images.winners == nullptr ? make_tiles<PixelRow>(s, images, tiles, target)
                            : make_tiles<PooledRow>(s, images, tiles, target);
}

void input_tile_pairs(const ConvSizes& s, const Bits16* images, Channels channels, TileRange pairs,
                      const TilePairs& target) {
  for_each_segment(tile_pairs_of(s), pairs, [&](const TileSegment& segment) {
    const int64_t top = 2 * segment.row - s.padding, left = 2 * segment.column - s.padding;
    Bits16* line = target.values + segment.first * TilePairs::kPair;
    for (int64_t c = channels.begin; c < channels.end; c += kGroup, line += 2 * target.panel) {
      for_each_pass([&](auto pass) {
        constexpr Pass kPass = decltype(pass)::value;
        const __mmask32 group = group_of(channels.end - c);
        const auto rows = [&](int64_t sample) {
          return rows_for<kPass, PixelRow>(input_sizes(s), {images}, sample, top, c, group);
        };
        const RowPair<PixelRow> first = rows(2 * segment.sample), second = rows(2 * segment.sample + 1);
        make_pairs<kPass, false>(first, second, left, segment.count, line, target.position);
        make_pairs<kPass, true>(first, second, left, segment.count, line + target.panel, target.position);
      });
    }
  });
}

}  // namespace ravine
#endif
