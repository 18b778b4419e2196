// Bᵀ d B, row of positions by row of positions: each comes from two rows of pixels, and a tile shares the sums of two of
// its six columns with the tile before.
#include "convolution/pixel_rows.h"
#include "convolution/winograd_axes.h"

#if RAVINE_HAS_AVX512_BF16
namespace ravine {
namespace {

using namespace avx512_bf16;

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

/// The six columns of a tile, what each gives for the rows of positions, and the step to the next tile.
template <Pass pass>
struct SixColumns {
  Register at[rows_made(pass)][6];

  RAVINE_BF16_INLINE void shift() {
    for (auto& row : at) {
      row[0] = row[4];
      row[1] = row[5];
    }
  }
  RAVINE_BF16_INLINE void set(int column, Register a, Register b) {
    if constexpr (pass == Pass::middle) at[1][column] = b - a;
    at[0][column] = pass == Pass::first ? a - b : pass == Pass::middle ? a + b : b - a;
  }
};

/// A segment's tiles of two things that are stored together: load(j, column, one, two) reads a column of both, round(a, b)
/// makes a line of their values.
template <Pass pass, class Load, class Round>
RAVINE_BF16_INLINE void make_positions(int64_t left, int64_t tiles, Bits16* target, int64_t tile, int64_t position,
                                       const Load& load, const Round& round) {
  SixColumns<pass> one, two;
  load(4, left, one, two);
  load(5, left + 1, one, two);
  for (int64_t t = 0; t < tiles; ++t, target += tile) {
    one.shift();
    two.shift();
#pragma GCC unroll 4
    for (int j = 2; j < 6; ++j) load(j, left + kTile.width * t + j, one, two);
    for (int row = 0; row < rows_made(pass); ++row) {
      Register a[6], b[6];
      InputAxis::apply(one.at[row], a);
      InputAxis::apply(two.at[row], b);
#pragma GCC unroll 6
      for (int j = 0; j < 6; ++j) {
        const int64_t at = kPositionColumns * (row_made(pass) + row) + j;
        _mm512_storeu_si512(target + at * position, round(a[j], b[j]));
      }
    }
  }
}

/// One segment's tiles, 32 channels: even ones into the lower half of a line, odd ones into the upper.
template <Pass pass, class Row>
RAVINE_AVX512_BF16 void make_rows(const RowPair<Row>& rows, int64_t left, int64_t tiles, Bits16* target,
                                  const TileRows& strides) {
  using Columns = SixColumns<pass>;
  make_positions<pass>(
      left, tiles, target, strides.tile, strides.position,
      [&](int j, int64_t column, Columns& even, Columns& odd) RAVINE_REGISTER_LAMBDA {
        const __m512i a = rows.a.at(column), b = rows.b.at(column);
        even.set(j, low_of(a), low_of(b));
        odd.set(j, high_of(a), high_of(b));
      },
      [](Register even, Register odd) RAVINE_REGISTER_LAMBDA { return rounded_halves(even, odd); });
}

/// The even or the odd channels of a segment's pairs of tiles.
template <Pass pass, bool odd>
RAVINE_AVX512_BF16 void make_pairs(const RowPair<PixelRow>& first, const RowPair<PixelRow>& second, int64_t left,
                                   int64_t tiles, Bits16* target, int64_t position) {
  using Columns = SixColumns<pass>;
  const auto half = [](__m512i pairs) RAVINE_REGISTER_LAMBDA { return odd ? high_of(pairs) : low_of(pairs); };
  make_positions<pass>(
      left, tiles, target, TilePairs::kPair, position,
      [&](int j, int64_t column, Columns& one, Columns& two) RAVINE_REGISTER_LAMBDA {
        one.set(j, half(first.a.at(column)), half(first.b.at(column)));
        two.set(j, half(second.a.at(column)), half(second.b.at(column)));
      },
      [](Register one, Register two) RAVINE_REGISTER_LAMBDA { return rounded_pairs(one, two); });
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
  for_each_segment(tiles_of(s, kTile), tiles, [&](const TileSegment& segment) {
    const int64_t top = kTile.height * segment.row - s.padding, left = kTile.width * segment.column - s.padding;
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
    const int64_t top = kTile.height * segment.row - s.padding, left = kTile.width * segment.column - s.padding;
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
