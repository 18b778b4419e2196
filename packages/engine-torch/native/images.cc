#include "images.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <utility>

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

/// Consecutive augmentations that only move whole rows and columns.
struct Moves {
  const Augmentation* first;
  const Augmentation* end;
};

/// Where each row (axis 0) or column (axis 1) of the moved image comes from; two such lists describe it.
void trace_axis(int axis, int64_t size, Moves moves, int64_t draw, int64_t* sources) {
  const auto mirror = axis == 0 ? AugmentationKind::vertical_flip : AugmentationKind::horizontal_flip;
  for (int64_t at = 0; at < size; ++at) {
    int64_t source = at;
    for (const Augmentation* one = moves.end; one != moves.first && source != kBlack;) {
      const Augmentation& a = *--one;
      if (a.kind == AugmentationKind::random_crop) {
        source = before_crop(source, a.offsets[draw * 2 + axis], a, size);
      } else if (a.kind == mirror && a.flips[draw] != 0) {
        source = size - 1 - source;
      }
    }
    sources[at] = source;
  }
}

/// Memory of one thread: where rows and columns come from, and the image that pixel operations work on.
struct Workspace {
  std::vector<int64_t> rows, columns;
  std::vector<uint8_t> pixels, scratch;
};

void move_pixels(PixelImage& image, const Augmentation& move, int64_t draw, Workspace& memory) {
  trace_axis(0, image.height, {&move, &move + 1}, draw, memory.rows.data());
  trace_axis(1, image.width, {&move, &move + 1}, draw, memory.columns.data());
  uint8_t* out = image.scratch;
  for (int64_t row : memory.rows) {
    for (int64_t column : memory.columns) {
      if (row == kBlack || column == kBlack) {
        std::fill_n(out, image.channels, uint8_t{0});
      } else {
        std::copy_n(image.pixels + (row * image.width + column) * image.channels, image.channels, out);
      }
      out += image.channels;
    }
  }
  std::swap(image.pixels, image.scratch);
}

/// The sample's augmentations up to its last pixel operation, on a copy of the image.
const uint8_t* change_pixels(const uint8_t* source, Moves changes, int64_t draw, PixelImage image, Workspace& memory) {
  memory.pixels.assign(source, source + image.bytes());
  memory.scratch.resize(image.bytes());
  image.pixels = memory.pixels.data();
  image.scratch = memory.scratch.data();
  for (const Augmentation* a = changes.first; a != changes.end; ++a) {
    if (a->kind != AugmentationKind::operations) {
      move_pixels(image, *a, draw, memory);
    } else if (a->codes[draw] != kUnchanged) {
      a->kernels[a->codes[draw]](image, a->parameters + draw * a->width);
    }
  }
  return image.pixels;
}

/// Behind the last augmentation that is more than a move for this draw.
const Augmentation* behind_operations(const std::vector<Augmentation>& augmentations, int64_t draw) {
  const Augmentation* end = augmentations.data() + augmentations.size();
  while (end != augmentations.data()) {
    const Augmentation& a = end[-1];
    if (a.kind == AugmentationKind::operations && a.codes[draw] != kUnchanged) break;
    --end;
  }
  return end;
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
    Workspace memory{std::vector<int64_t>(height_), std::vector<int64_t>(width_), {}, {}};
    for (int64_t i = begin; i < end; ++i) {
      const int64_t draw = first_draw + i;
      // Moves after the last operation are made while the pixels are normalised: most recipes have nothing else.
      const Augmentation* const all = augmentations.data();
      const Augmentation* const rest = behind_operations(augmentations, draw);
      const uint8_t* const image =
          rest == all ? images[i]
                      : change_pixels(images[i], {all, rest}, draw, {nullptr, nullptr, height_, width_, channels_}, memory);
      const Moves moves{rest, all + augmentations.size()};
      trace_axis(0, height_, moves, draw, memory.rows.data());
      trace_axis(1, width_, moves, draw, memory.columns.data());
      T* out = output + i * height_ * width_ * channels_;
      for (int64_t row : memory.rows) {
        const uint8_t* line = row == kBlack ? nullptr : image + row * width_ * channels_;
        for (int64_t column : memory.columns) {
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
