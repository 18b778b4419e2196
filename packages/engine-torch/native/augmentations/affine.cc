#include "augmentations/operation.h"

namespace ravine {

namespace {

/// The four centres around a point, weighed; edges are repeated.
void bilinear(const PixelImage& image, double column, double row, uint8_t* out) {
  const int64_t left = static_cast<int64_t>(std::floor(column - 0.5)), top = static_cast<int64_t>(std::floor(row - 0.5));
  const double u = column - 0.5 - left, v = row - 0.5 - top;
  const auto cut = [](int64_t at, int64_t size) { return std::min(size - 1, std::max<int64_t>(0, at)); };
  const int64_t x0 = cut(left, image.width), x1 = cut(left + 1, image.width);
  const uint8_t* const above = image.scratch + cut(top, image.height) * image.width * image.channels;
  const uint8_t* const below = image.scratch + cut(top + 1, image.height) * image.width * image.channels;
  for (int64_t c = 0; c < image.channels; ++c) {
    const int64_t a = x0 * image.channels + c, b = x1 * image.channels + c;
    const double upper = above[a] * (1 - u) + above[b] * u;
    const double lower = below[a] * (1 - u) + below[b] * u;
    out[c] = static_cast<uint8_t>(std::floor(upper * (1 - v) + lower * v + 0.5));
  }
}

}  // namespace

void affine(PixelImage& image, const double* p) {
  std::copy_n(image.pixels, image.bytes(), image.scratch);
  uint8_t* out = image.pixels;
  for (int64_t i = 0; i < image.height; ++i) {
    for (int64_t j = 0; j < image.width; ++j, out += image.channels) {
      const double x = j + 0.5, y = i + 0.5;
      const double column = p[0] * x + p[1] * y + p[2], row = p[3] * x + p[4] * y + p[5];
      if (!(column >= 0 && column < image.width && row >= 0 && row < image.height)) {
        std::fill_n(out, image.channels, static_cast<uint8_t>(p[7]));
      } else if (p[6] != 0) {
        bilinear(image, column, row, out);
      } else {
        const int64_t at = static_cast<int64_t>(row) * image.width + static_cast<int64_t>(column);
        std::copy_n(image.scratch + at * image.channels, image.channels, out);
      }
    }
  }
}

}  // namespace ravine
