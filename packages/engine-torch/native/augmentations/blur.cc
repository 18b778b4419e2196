#include <vector>

#include "augmentations/operation.h"

namespace ravine {
namespace {

constexpr int64_t kReach = 11;  // BLUR_REACH of the specification

/// One axis of an image: `size` values that lie `stride` apart.
struct Axis {
  int64_t size, stride;

  /// Offset of the value at place `at`; the axis is mirrored at both ends without repeating them.
  int64_t offset(int64_t at) const {
    const int64_t period = std::max<int64_t>(1, 2 * (size - 1));
    const int64_t place = (at % period + period) % period;
    return (place < size ? place : period - place) * stride;
  }
};

void smooth(const std::vector<double>& values, const Axis& axis, const double* weights, int64_t reach,
            std::vector<double>& out) {
  const int64_t line = axis.size * axis.stride;
  std::vector<int64_t> before(reach + 1), after(reach + 1);
  for (int64_t place = 0; place < axis.size; ++place) {
    for (int64_t d = 1; d <= reach; ++d) {
      before[d] = axis.offset(place - d);
      after[d] = axis.offset(place + d);
    }
    for (int64_t first = 0; first < static_cast<int64_t>(values.size()); first += line) {
      for (int64_t i = 0; i < axis.stride; ++i) {
        const double* const from = values.data() + first + i;
        double sum = weights[0] * from[place * axis.stride];
        for (int64_t d = 1; d <= reach; ++d) sum += weights[d] * (from[before[d]] + from[after[d]]);
        out[first + place * axis.stride + i] = sum;
      }
    }
  }
}

}  // namespace

void blur(PixelImage& image, const double* weights) {
  int64_t reach = kReach;
  while (reach > 0 && weights[reach] == 0) --reach;
  std::vector<double> values(image.pixels, image.pixels + image.bytes()), rows(image.bytes());
  smooth(values, {image.width, image.channels}, weights, reach, rows);
  smooth(rows, {image.height, image.width * image.channels}, weights, reach, values);
  for (int64_t i = 0; i < image.bytes(); ++i) {
    image.pixels[i] = static_cast<uint8_t>(std::min(255.0, std::max(0.0, std::floor(values[i] + 0.5))));
  }
}

}  // namespace ravine
