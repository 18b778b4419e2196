// How the 2×2 windows of a batch of images (channels last) are walked: by pairs of image rows.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>

#include "kernels/pool_rows.h"
#include "layers/chunks.h"

namespace ravine {

/// A batch of images; an odd height or width leaves a row or a column that is in no window.
class WindowRows {
 public:
  /// `images` [N, C, H, W].
  explicit WindowRows(const at::Tensor& images)
      : images_(images.size(0)), channels_(images.size(1)), height_(images.size(2)), width_(images.size(3)) {}

  std::vector<int64_t> pooled_shape() const { return {images_, channels_, height_ / 2, width_ / 2}; }
  /// Shape of the kernels' windows.
  WindowRow row() const { return {width_ / 2, channels_, width_ * channels_}; }
  int64_t channels() const { return channels_; }
  int64_t pixels() const { return images_ * height_ * width_; }
  /// Pairs of rows, a last row without a partner included.
  int64_t pairs() const { return images_ * ((height_ + 1) / 2); }
  int64_t pairs_per_chunk() const { return std::max<int64_t>(1, kChunkPixels / (2 * width_)); }

  /// For each pair: `windows(offset in x, offset in the pooled values)` where it has windows, and `rest(offset in x,
  /// pixels)` for each run of pixels that is in none.
  template <class Windows, class Rest>
  void walk(int64_t first_pair, int64_t count, const Windows& windows, const Rest& rest) const {
    const int64_t pairs_per_image = (height_ + 1) / 2;
    for (int64_t pair = first_pair; pair < first_pair + count; ++pair) {
      const int64_t image = pair / pairs_per_image, at = pair % pairs_per_image;
      const int64_t x = (image * height_ + 2 * at) * width_ * channels_;
      if (2 * at + 1 == height_) {
        rest(x, width_);
        continue;
      }
      windows(x, (image * (height_ / 2) + at) * (width_ / 2) * channels_);
      if (width_ % 2 == 0) continue;
      rest(x + (width_ - 1) * channels_, 1);
      rest(x + (2 * width_ - 1) * channels_, 1);
    }
  }

 private:
  int64_t images_, channels_, height_, width_;
};

}  // namespace ravine
