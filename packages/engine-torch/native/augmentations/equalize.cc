#include "augmentations/operation.h"

namespace ravine {

void equalize(PixelImage& image, const double*) {
  map_channels(image, [&](const std::array<int64_t, 256>& counts) {
    int64_t brightest = 0;
    for (int64_t count : counts) brightest = count > 0 ? count : brightest;
    const int64_t step = (image.height * image.width - brightest) / 255;
    int64_t sum = step / 2;
    return make_table([&](int byte) -> int64_t {
      if (step == 0) return byte;
      const int64_t value = std::min<int64_t>(255, sum / step);
      sum += counts[byte];
      return value;
    });
  });
}

}  // namespace ravine
