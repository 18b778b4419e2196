#include "augmentations/operation.h"

namespace ravine {

void posterize(PixelImage& image, const double* p) {
  const int mask = 0x100 - (1 << (8 - static_cast<int>(p[0])));
  map_bytes(image, make_table([&](int byte) { return byte & mask; }));
}

}  // namespace ravine
