#include "convolution/winograd_tiles.h"

#include <algorithm>
#include <vector>

#include "convolution/bf16_vectors.h"

#if RAVINE_HAS_AVX512_BF16
namespace ravine {
namespace {

/// 16 channels of a tile of Size × Size pixels or products.
template <int Size>
struct Square {
  __m512 at[Size][Size];
};

/// Bᵀ d along one axis: differences and sums that every output of the tile shares.
RAVINE_BF16_INLINE void input_axis(__m512 a, __m512 b, __m512 c, __m512 d, __m512 (&to)[4]) {
  to[0] = a - c;
  to[1] = b + c;
  to[2] = c - b;
  to[3] = b - d;
}

RAVINE_BF16_INLINE Square<4> transform_input(const Square<4>& d) {
  Square<4> half, result;
  for (int i = 0; i < 4; ++i) input_axis(d.at[i][0], d.at[i][1], d.at[i][2], d.at[i][3], half.at[i]);
  for (int j = 0; j < 4; ++j) {
    __m512 column[4];
    input_axis(half.at[0][j], half.at[1][j], half.at[2][j], half.at[3][j], column);
    for (int i = 0; i < 4; ++i) result.at[i][j] = column[i];
  }
  return result;
}

/// A d along one axis.
RAVINE_BF16_INLINE void gradient_axis(__m512 a, __m512 b, __m512 (&to)[4]) {
  to[0] = a;
  to[1] = a + b;
  to[2] = a - b;
  to[3] = _mm512_setzero_ps() - b;
}

RAVINE_BF16_INLINE Square<4> transform_gradient(const Square<2>& d) {
  Square<4> result;
  __m512 half[2][4];
  for (int i = 0; i < 2; ++i) gradient_axis(d.at[i][0], d.at[i][1], half[i]);
  for (int j = 0; j < 4; ++j) {
    __m512 column[4];
    gradient_axis(half[0][j], half[1][j], column);
    for (int i = 0; i < 4; ++i) result.at[i][j] = column[i];
  }
  return result;
}

/// Aᵀ m A.
RAVINE_BF16_INLINE Square<2> transform_output(const Square<4>& m) {
  Square<2> result;
  __m512 half[4][2];
  for (int i = 0; i < 4; ++i) {
    half[i][0] = m.at[i][0] + m.at[i][1] + m.at[i][2];
    half[i][1] = m.at[i][1] - m.at[i][2] - m.at[i][3];
  }
  for (int j = 0; j < 2; ++j) {
    result.at[0][j] = half[0][j] + half[1][j] + half[2][j];
    result.at[1][j] = half[1][j] - half[2][j] - half[3][j];
  }
  return result;
}

/// Goes through tiles in order.
class TileCursor {
 public:
  TileCursor(const TileGrid& grid, int64_t tile)
      : grid_(grid),
        column_(tile % grid.columns),
        row_(tile / grid.columns % grid.rows),
        sample_(tile / (grid.columns * grid.rows)) {}

  int64_t column() const { return column_; }
  int64_t row() const { return row_; }
  int64_t sample() const { return sample_; }

  void next() {
    if (++column_ < grid_.columns) return;
    column_ = 0;
    if (++row_ < grid_.rows) return;
    row_ = 0;
    ++sample_;
  }

 private:
  const TileGrid grid_;
  int64_t column_, row_, sample_;
};

/// Images with channels last, from which tiles of Size × Size pixels are read every two pixels from `offset` on. Those
/// beyond the image are zeros.
template <int Size>
class TilePixels {
 public:
  TilePixels(const Bits16* images, int64_t height, int64_t width, int64_t channels, int64_t offset)
      : images_(images), height_(height), width_(width), channels_(channels), offset_(offset), zeros_(channels, 0) {}

  void go_to(const TileCursor& tile) {
    const int64_t top = 2 * tile.row() + offset_, left = 2 * tile.column() + offset_;
    const Bits16* start = images_ + ((tile.sample() * height_ + top) * width_ + left) * channels_;
    if (top >= 0 && top + Size <= height_ && left >= 0 && left + Size <= width_) {
      for (int i = 0; i < Size; ++i) {
        for (int j = 0; j < Size; ++j) pixels_[i][j] = start + (i * width_ + j) * channels_;
      }
      return;
    }
    for (int i = 0; i < Size; ++i) {
      for (int j = 0; j < Size; ++j) {
        const bool inside = top + i >= 0 && top + i < height_ && left + j >= 0 && left + j < width_;
        pixels_[i][j] = inside ? start + (i * width_ + j) * channels_ : zeros_.data();
      }
    }
  }
  /// A tile of zeros, to fill up a pair.
  void go_beyond() {
    for (auto& row : pixels_) std::fill(std::begin(row), std::end(row), zeros_.data());
  }

  RAVINE_BF16_INLINE Square<Size> load(int64_t channel, __mmask16 lanes) const {
    Square<Size> result;
    for (int i = 0; i < Size; ++i) {
      for (int j = 0; j < Size; ++j) {
        __builtin_prefetch(pixels_[i][j] + channel + kAhead * channels_);
        result.at[i][j] = load_lanes(pixels_[i][j] + channel, lanes);
      }
    }
    return result;
  }

 private:
  static constexpr int64_t kAhead = 8;  // pixels: rows are too far apart for the processor to foresee

  const Bits16* images_;
  const int64_t height_, width_, channels_, offset_;
  const std::vector<Bits16> zeros_;
  const Bits16* pixels_[Size][Size];
};

TilePixels<4> input_pixels(const ConvSizes& s, const Bits16* images) {
  return {images, s.height, s.width, s.inputs, -s.padding};
}

template <int Size>
void go_to_pair(TilePixels<Size>& first, TilePixels<Size>& second, TileCursor& cursor, bool has_second) {
  first.go_to(cursor);
  cursor.next();
  if (!has_second) return second.go_beyond();
  second.go_to(cursor);
  cursor.next();
}

RAVINE_BF16_INLINE void store_pairs(const Square<4>& first, const Square<4>& second, Bits16* target, int64_t position) {
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) {
      _mm512_storeu_si512(target + (4 * i + j) * position, rounded_pairs(first.at[i][j], second.at[i][j]));
    }
  }
}

}  // namespace

RAVINE_AVX512_BF16 void input_tiles(const ConvSizes& s, const Bits16* images, int64_t begin, int64_t end,
                                    const TileRows& target) {
  TilePixels<4> pixels = input_pixels(s, images);
  TileCursor cursor(TileGrid(s), begin);
  for (int64_t tile = begin; tile < end; ++tile, cursor.next()) {
    pixels.go_to(cursor);
    Bits16* row = target.values + (tile - begin) * target.tile;
    for (int64_t c = 0; c < s.inputs; c += kLanes) {
      const Square<4> result = transform_input(pixels.load(c, lanes_of(s.inputs - c)));
      for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 4; ++j) {
          _mm256_storeu_si256(reinterpret_cast<__m256i*>(row + (4 * i + j) * target.position + c),
                              rounded(result.at[i][j]));
        }
      }
    }
  }
}

RAVINE_AVX512_BF16 void input_tile_pairs(const ConvSizes& s, const Bits16* images, Channels channels, int64_t begin,
                                         int64_t end, const TilePairs& target) {
  TilePixels<4> first = input_pixels(s, images), second = input_pixels(s, images);
  TileCursor cursor(TileGrid(s), begin);
  for (int64_t tile = begin; tile < end; tile += 2) {
    go_to_pair(first, second, cursor, tile + 1 < end);
    Bits16* line = target.values + (tile - begin) / 2 * TilePairs::kPair;
    for (int64_t c = channels.begin; c < channels.end; c += kLanes, line += target.panel) {
      const __mmask16 lanes = lanes_of(channels.end - c);
      store_pairs(transform_input(first.load(c, lanes)), transform_input(second.load(c, lanes)), line, target.position);
    }
  }
}

RAVINE_AVX512_BF16 void gradient_tile_pairs(const ConvSizes& s, const Bits16* gradient, Channels channels, int64_t begin,
                                            int64_t end, const TilePairs& target, float* sums) {
  TilePixels<2> first(gradient, s.out_height, s.out_width, s.outputs, 0), second = first;
  TileCursor cursor(TileGrid(s), begin);
  for (int64_t tile = begin; tile < end; tile += 2) {
    go_to_pair(first, second, cursor, tile + 1 < end);
    Bits16* line = target.values + (tile - begin) / 2 * TilePairs::kPair;
    float* sum = sums;
    for (int64_t c = channels.begin; c < channels.end; c += kLanes, line += target.panel, sum += kLanes) {
      const __mmask16 lanes = lanes_of(channels.end - c);
      const Square<4> a = transform_gradient(first.load(c, lanes)), b = transform_gradient(second.load(c, lanes));
      // At position (1, 1) the transform is the sum over the tile.
      _mm512_storeu_ps(sum, _mm512_loadu_ps(sum) + (a.at[1][1] + b.at[1][1]));
      store_pairs(a, b, line, target.position);
    }
  }
}

RAVINE_AVX512_BF16 void output_tiles(const ConvSizes& s, const TileProducts& products, int64_t begin, int64_t end,
                                     int64_t first, int64_t count, const Bits16* bias, Bits16* images) {
  TileCursor cursor(TileGrid(s), begin);
  for (int64_t tile = begin; tile < end; ++tile, cursor.next()) {
    const int64_t top = 2 * cursor.row(), left = 2 * cursor.column();
    const int64_t height = std::min<int64_t>(2, s.out_height - top), width = std::min<int64_t>(2, s.out_width - left);
    const int64_t pixel = (cursor.sample() * s.out_height + top) * s.out_width + left;
    Bits16* target = images + pixel * s.outputs + first;
    const float* values = products.values + (tile - begin) * products.tile;
    for (int64_t c = 0; c < count; c += kLanes) {
      const __mmask16 lanes = lanes_of(count - c);
      Square<4> m;
      for (int p = 0; p < kPositions; ++p) m.at[p / 4][p % 4] = _mm512_loadu_ps(values + p * products.position + c);
      const Square<2> result = transform_output(m);
      const __m512 shift = bias == nullptr ? _mm512_setzero_ps() : load_lanes(bias + first + c, lanes);
      for (int64_t i = 0; i < height; ++i) {
        for (int64_t j = 0; j < width; ++j) {
          _mm256_mask_storeu_epi16(target + (i * s.out_width + j) * s.outputs + c, lanes, rounded(result.at[i][j] + shift));
        }
      }
    }
  }
}

}  // namespace ravine
#endif
