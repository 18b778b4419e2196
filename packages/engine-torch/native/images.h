// uint8 images in memory, and how a batch of them becomes a normalised tensor.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "augmentations/operation.h"
#include "numerics.h"
#include "program.h"

namespace ravine {

/// One split: pixels in NHWC order, cut into shards. Points into memory that JavaScript owns.
struct Split {
  int64_t count = 0;
  int64_t images_per_shard = 1;
  int64_t image_bytes = 0;
  std::vector<const uint8_t*> shards;
  const uint16_t* labels = nullptr;

  const uint8_t* image(int64_t index) const {
    return shards[index / images_per_shard] + index % images_per_shard * image_bytes;
  }
};

enum class AugmentationKind { random_crop, horizontal_flip, vertical_flip, operations };

constexpr uint8_t kUnchanged = 255;  // code of a sample that an operations draw leaves alone

/// Draws of one augmentation for all samples of a plan.
struct Augmentation {
  AugmentationKind kind;
  int64_t padding = 0;
  bool reflect = false;
  const int32_t* offsets = nullptr;  // random crop: [samples × 2], top and left
  const uint8_t* flips = nullptr;    // flips: [samples]
  // operations: kernels[codes[i]] with parameters [i · width, (i + 1) · width)
  std::vector<PixelKernel> kernels;
  const uint8_t* codes = nullptr;
  int64_t width = 0;
  const double* parameters = nullptr;
};

/// Turns uint8 images into the network's input.
class ImageReader {
 public:
  ImageReader(const Program& program, const Numerics& numerics);

  /// `images[i]` is augmented with draw `first_draw + i` of each augmentation, in list order, then normalised.
  at::Tensor read(const std::vector<const uint8_t*>& images, const std::vector<Augmentation>& augmentations,
                  int64_t first_draw) const;

 private:
  template <class T>
  at::Tensor read_as(const std::vector<const uint8_t*>& images, const std::vector<Augmentation>& augmentations,
                     int64_t first_draw) const;

  int64_t channels_, height_, width_;
  std::vector<double> table_;  // [channels × 256]: the value of each pixel byte
  Numerics numerics_;
};

}  // namespace ravine
