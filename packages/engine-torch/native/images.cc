#include "images.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include "errors.h"

namespace ravine {
namespace {

constexpr int64_t kBlack = -1;  // outside the image: zero in pixel space

/// Position in the image before the crop of position `at` after it.
int64_t before_crop(int64_t at, int64_t offset, const Augmentation& a, int64_t size) {
  const int64_t source = at + offset - a.padding;
  if (source >= 0 && source < size) return source;
  if (!a.reflect) return kBlack;
  return source < 0 ? -source : 2 * (size - 1) - source;
}

/// Where each row (axis 0) or column (axis 1) of the augmented image comes from. Every augmentation here moves whole
/// rows and columns, so two such lists describe an image.
void trace_axis(int axis, int64_t size, const std::vector<Augmentation>& augmentations, int64_t draw, int64_t* sources) {
  const auto mirror = axis == 0 ? AugmentationKind::vertical_flip : AugmentationKind::horizontal_flip;
  for (int64_t at = 0; at < size; ++at) {
    int64_t source = at;
    for (size_t i = augmentations.size(); i-- > 0 && source != kBlack;) {
      const Augmentation& a = augmentations[i];
      if (a.kind == AugmentationKind::random_crop) {
        source = before_crop(source, a.offsets[draw * 2 + axis], a, size);
      } else if (a.kind == mirror && a.flips[draw] != 0) {
        source = size - 1 - source;
      }
    }
    sources[at] = source;
  }
}

}  // namespace

ImageReader::ImageReader(const Program& program, const Numerics& numerics)
    : channels_(program.channels), height_(program.height), width_(program.width), numerics_(numerics) {
  for (int64_t c = 0; c < channels_; ++c) {
    for (int pixel = 0; pixel < 256; ++pixel) {
      table_.push_back((pixel / 255.0 - program.mean[c]) / program.standard_deviation[c]);
    }
  }
}

template <class T>
at::Tensor ImageReader::read_as(const std::vector<const uint8_t*>& images,
                                const std::vector<Augmentation>& augmentations, int64_t first_draw) const {
  const int64_t batch = static_cast<int64_t>(images.size());
  // Written in NHWC order, whatever the session's format: that is how the pixels lie.
  at::Tensor tensor = at::empty({batch, height_, width_, channels_}, at::TensorOptions().dtype(numerics_.compute));
  T* const output = tensor.data_ptr<T>();
  const std::vector<T> table(table_.begin(), table_.end());
  at::parallel_for(0, batch, 1, [&](int64_t begin, int64_t end) {
    std::vector<int64_t> rows(height_), columns(width_);
    for (int64_t i = begin; i < end; ++i) {
      trace_axis(0, height_, augmentations, first_draw + i, rows.data());
      trace_axis(1, width_, augmentations, first_draw + i, columns.data());
      T* out = output + i * height_ * width_ * channels_;
      for (int64_t row : rows) {
        const uint8_t* line = row == kBlack ? nullptr : images[i] + row * width_ * channels_;
        for (int64_t column : columns) {
          const uint8_t* pixel = line == nullptr || column == kBlack ? nullptr : line + column * channels_;
          for (int64_t c = 0; c < channels_; ++c) *out++ = table[c * 256 + (pixel == nullptr ? 0 : pixel[c])];
        }
      }
    }
  });
  return tensor.permute({0, 3, 1, 2}).contiguous(numerics_.format).to(numerics_.device);
}

at::Tensor ImageReader::read(const std::vector<const uint8_t*>& images, const std::vector<Augmentation>& augmentations,
                             int64_t first_draw) const {
  switch (numerics_.compute) {
    case at::kFloat:
      return read_as<float>(images, augmentations, first_draw);
    case at::kBFloat16:
      return read_as<at::BFloat16>(images, augmentations, first_draw);
    case at::kDouble:
      return read_as<double>(images, augmentations, first_draw);
    default:
      throw failed("images cannot be read in this precision");
  }
}

}  // namespace ravine
