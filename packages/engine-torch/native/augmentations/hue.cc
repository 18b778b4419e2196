#include "augmentations/operation.h"

namespace ravine {

void hue(PixelImage& image, const double* p) {
  if (image.channels == 1) return;
  for (int64_t at = 0; at < image.bytes(); at += 3) {
    uint8_t* const pixel = image.pixels + at;
    const int r = pixel[0], g = pixel[1], b = pixel[2];
    const int value = std::max({r, g, b});
    const double chroma = value - std::min({r, g, b});
    if (chroma == 0) continue;
    const double sixths = value == r   ? (g - b) / chroma
                          : value == g ? 2 + (b - r) / chroma
                                       : 4 + (r - g) / chroma;
    const double turned = std::fmod(std::fmod(sixths + 6 * p[0], 6) + 6, 6);
    const auto channel = [&](int corner) {
      const double k = std::fmod(corner + turned, 6);
      return static_cast<uint8_t>(std::floor(value - chroma * std::max(0.0, std::min({k, 4 - k, 1.0})) + 0.5));
    };
    pixel[0] = channel(5);
    pixel[1] = channel(3);
    pixel[2] = channel(1);
  }
}

}  // namespace ravine
