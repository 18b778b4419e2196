#include "augmentations/operation.h"

namespace ravine {

/// Rows and columns at the edge are blended with themselves: they stay as they are.
void sharpness(PixelImage& image, const double* p) {
  const int64_t line = image.width * image.channels, c = image.channels;
  std::copy_n(image.pixels, image.bytes(), image.scratch);
  for (int64_t y = 1; y + 1 < image.height; ++y) {
    for (int64_t x = c; x < line - c; ++x) {
      const uint8_t* at = image.scratch + y * line + x;
      int sum = 4 * at[0];
      for (const uint8_t* row : {at - line, at, at + line}) sum += row[-c] + row[0] + row[c];
      image.pixels[y * line + x] = blend((2 * sum + 13) / 26, at[0], p[0]);
    }
  }
}

}  // namespace ravine
