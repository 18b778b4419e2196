#include "augmentations/operation.h"

namespace ravine {

void saturation(PixelImage& image, const double* p) {
  for (int64_t at = 0; at < image.bytes(); at += image.channels) {
    const int gray = luma(image, at);
    for (int64_t c = 0; c < image.channels; ++c) image.pixels[at + c] = blend(gray, image.pixels[at + c], p[0]);
  }
}

}  // namespace ravine
