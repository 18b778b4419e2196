#include "augmentations/operation.h"

namespace ravine {

void solarize(PixelImage& image, const double* p) {
  map_bytes(image, make_table([&](int byte) { return byte < p[0] ? byte : 255 - byte; }));
}

}  // namespace ravine
