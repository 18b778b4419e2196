// Primitive pixel operations on one uint8 image; the specification is packages/training/src/operations.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>

namespace ravine {

/// An image in NHWC order that is changed in place. `scratch` is as large as the image; its content is free.
struct PixelImage {
  uint8_t* pixels;
  uint8_t* scratch;
  int64_t height, width, channels;

  int64_t bytes() const { return height * width * channels; }
};

using PixelKernel = void (*)(PixelImage& image, const double* parameters);

/// Throws where the name is unknown.
PixelKernel pixel_kernel(const std::string& name);

void affine(PixelImage& image, const double* parameters);
void autocontrast(PixelImage& image, const double* parameters);
void blur(PixelImage& image, const double* parameters);
void brightness(PixelImage& image, const double* parameters);
void contrast(PixelImage& image, const double* parameters);
void equalize(PixelImage& image, const double* parameters);
void erase(PixelImage& image, const double* parameters);
void grayscale(PixelImage& image, const double* parameters);
void hue(PixelImage& image, const double* parameters);
void invert(PixelImage& image, const double* parameters);
void posterize(PixelImage& image, const double* parameters);
void saturation(PixelImage& image, const double* parameters);
void sharpness(PixelImage& image, const double* parameters);
void solarize(PixelImage& image, const double* parameters);

using ByteTable = std::array<uint8_t, 256>;

template <class ByteOf>
ByteTable make_table(const ByteOf& byte_of) {
  ByteTable table;
  for (int byte = 0; byte < 256; ++byte) table[byte] = static_cast<uint8_t>(byte_of(byte));
  return table;
}

inline void map_bytes(PixelImage& image, const ByteTable& table) {
  for (int64_t i = 0; i < image.bytes(); ++i) image.pixels[i] = table[image.pixels[i]];
}

/// Each channel through the table that `table_of` makes of its histogram.
template <class TableOf>
void map_channels(PixelImage& image, const TableOf& table_of) {
  for (int64_t c = 0; c < image.channels; ++c) {
    std::array<int64_t, 256> counts{};
    for (int64_t i = c; i < image.bytes(); i += image.channels) ++counts[image.pixels[i]];
    const ByteTable table = table_of(counts);
    for (int64_t i = c; i < image.bytes(); i += image.channels) image.pixels[i] = table[image.pixels[i]];
  }
}

inline uint8_t blend(int degenerate, int pixel, double factor) {
  return static_cast<uint8_t>(std::min(255.0, std::max(0.0, degenerate + factor * (pixel - degenerate))));
}

inline int luma(const PixelImage& image, int64_t at) {
  const uint8_t* p = image.pixels + at;
  return image.channels == 1 ? p[0] : (p[0] * 19595 + p[1] * 38470 + p[2] * 7471 + 0x8000) >> 16;
}

}  // namespace ravine
