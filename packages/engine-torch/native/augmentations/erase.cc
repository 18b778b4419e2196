#include "augmentations/operation.h"

namespace ravine {

void erase(PixelImage& image, const double* p) {
  const auto cut = [](double at, int64_t size) {
    return std::min(size, std::max<int64_t>(0, static_cast<int64_t>(std::ceil(at))));
  };
  const int64_t top = cut(p[0], image.height), bottom = cut(p[0] + p[2], image.height);
  const int64_t left = cut(p[1], image.width), right = cut(p[1] + p[3], image.width);
  for (int64_t y = top; y < bottom && left < right; ++y) {
    uint8_t* const row = image.pixels + (y * image.width + left) * image.channels;
    std::fill_n(row, (right - left) * image.channels, static_cast<uint8_t>(p[4]));
  }
}

}  // namespace ravine
