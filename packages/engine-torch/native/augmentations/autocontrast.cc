#include "augmentations/operation.h"

namespace ravine {

void autocontrast(PixelImage& image, const double*) {
  map_channels(image, [](const std::array<int64_t, 256>& counts) {
    int low = 0, high = 255;
    while (low < 255 && counts[low] == 0) ++low;
    while (high > 0 && counts[high] == 0) --high;
    const double scale = high > low ? 255.0 / (high - low) : 1.0;
    const double offset = high > low ? -low * scale : 0.0;
    return make_table([&](int byte) { return std::min(255.0, std::max(0.0, byte * scale + offset)); });
  });
}

}  // namespace ravine
