#include "augmentations/operation.h"

namespace ravine {

void invert(PixelImage& image, const double*) {
  map_bytes(image, make_table([](int byte) { return 255 - byte; }));
}

}  // namespace ravine
