#include "augmentations/operation.h"

namespace ravine {

void brightness(PixelImage& image, const double* p) {
  map_bytes(image, make_table([&](int byte) { return blend(0, byte, p[0]); }));
}

}  // namespace ravine
