#include "augmentations/operation.h"

namespace ravine {

void contrast(PixelImage& image, const double* p) {
  int64_t sum = 0;
  for (int64_t at = 0; at < image.bytes(); at += image.channels) sum += luma(image, at);
  const double area = static_cast<double>(image.height * image.width);
  const int mean = static_cast<int>(std::floor(static_cast<double>(sum) / area + 0.5));
  map_bytes(image, make_table([&](int byte) { return blend(mean, byte, p[0]); }));
}

}  // namespace ravine
