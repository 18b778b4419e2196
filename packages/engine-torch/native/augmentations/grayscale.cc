#include "augmentations/operation.h"

namespace ravine {

void grayscale(PixelImage& image, const double*) {
  for (int64_t at = 0; at < image.bytes(); at += image.channels) {
    std::fill_n(image.pixels + at, image.channels, static_cast<uint8_t>(luma(image, at)));
  }
}

}  // namespace ravine
