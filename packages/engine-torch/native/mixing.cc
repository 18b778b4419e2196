#include "mixing.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/where.h>

#include <cstring>

#include "errors.h"
#include "layers/elements.h"
#include "optimizers/widest.h"

namespace ravine {
namespace {

double to_number(double value) { return value; }
RAVINE_INLINE float to_number(float value) { return value; }
RAVINE_INLINE float to_number(Bits16 value) { return to_float(value); }
using ravine::store;  // beside the one for double
void store(double* target, double value) { *target = value; }

template <class T>
void blend(const T* own, const T* other, double share, int64_t count, T* out) {
  const auto loop = [](const T* a, const T* b, auto own_share, auto rest, int64_t n, T* __restrict result) {
    for (int64_t i = 0; i < n; ++i) store(result + i, own_share * to_number(a[i]) + rest * to_number(b[i]));
  };
  using Number = decltype(to_number(T()));
  on_widest(loop, own, other, static_cast<Number>(share), static_cast<Number>(1 - share), count, out);
}

/// How an image lies in memory: `planes` × height × width × `inner` values.
struct Layout {
  int64_t planes, height, width, inner;
  int64_t count() const { return planes * height * width * inner; }
};

/// Copies the box [top, left, height, width] of every plane.
template <class T>
void paste(const T* from, const int32_t* box, const Layout& layout, T* to) {
  for (int64_t plane = 0; plane < layout.planes; ++plane) {
    for (int64_t row = box[0]; row < box[0] + box[2]; ++row) {
      const int64_t at = ((plane * layout.height + row) * layout.width + box[1]) * layout.inner;
      std::memcpy(to + at, from + at, sizeof(T) * box[3] * layout.inner);
    }
  }
}

template <class T>
at::Tensor mix_on_cpu(const at::Tensor& images, const Layout& layout, const Mix& mix, int64_t first) {
  at::Tensor mixed = at::empty_like(images);
  const T* const source = elements<T>(images);
  T* const target = elements<T>(mixed);
  const int64_t count = layout.count();
  at::parallel_for(0, images.size(0), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t partner = mix.partners[first + i] - first;
      const T* own = source + i * count;
      const T* other = source + partner * count;
      if (mix.boxes == nullptr && partner != i) {
        blend(own, other, mix.shares[first + i], count, target + i * count);
        continue;
      }
      std::memcpy(target + i * count, own, sizeof(T) * count);
      if (partner != i) paste(other, mix.boxes + 4 * (first + i), layout, target + i * count);
    }
  });
  return mixed;
}

/// 1 at the positions first … first + length − 1 of an axis, for each sample: [batch, size].
at::Tensor within(const at::Tensor& boxes, int64_t column, int64_t size) {
  const at::Tensor begin = boxes.select(1, column).unsqueeze(1), length = boxes.select(1, column + 2).unsqueeze(1);
  const at::Tensor position = at::arange(size, boxes.options()).unsqueeze(0);
  return (position >= begin) & (position < begin + length);
}

at::Tensor mix_on_device(const at::Tensor& images, const Mix& mix, int64_t first) {
  const int64_t batch = images.size(0);
  const auto array = [&](const auto* data, std::vector<int64_t> shape, at::ScalarType type) {
    const at::Tensor view = at::from_blob(const_cast<void*>(static_cast<const void*>(data)), shape, type);
    return view.to(images.device());
  };
  const at::Tensor partners = array(mix.partners + first, {batch}, at::kInt).to(at::kLong) - first;
  const at::Tensor others = images.index_select(0, partners);
  if (mix.boxes == nullptr) {
    const at::ScalarType sum = images.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    const at::Tensor share = array(mix.shares + first, {batch, 1, 1, 1}, at::kDouble).to(sum);
    return (images.to(sum) * share + others.to(sum) * (1 - share)).to(images.scalar_type());
  }
  const at::Tensor boxes = array(mix.boxes + 4 * first, {batch, 4}, at::kInt);
  const at::Tensor rows = within(boxes, 0, images.size(2)), columns = within(boxes, 1, images.size(3));
  const at::Tensor inside = rows.unsqueeze(2) & columns.unsqueeze(1);
  return at::where(inside.unsqueeze(1), others, images);
}

at::Tensor mix_once(const at::Tensor& images, at::MemoryFormat format, const Mix& mix, int64_t first) {
  if (!images.is_cpu()) return mix_on_device(images, mix, first).contiguous(format);
  const int64_t channels = images.size(1), height = images.size(2), width = images.size(3);
  const Layout layout = format == at::MemoryFormat::ChannelsLast ? Layout{1, height, width, channels}
                                                                 : Layout{channels, height, width, 1};
  switch (images.scalar_type()) {
    case at::kFloat:
      return mix_on_cpu<float>(images, layout, mix, first);
    case at::kBFloat16:
      return mix_on_cpu<Bits16>(images, layout, mix, first);
    case at::kDouble:
      return mix_on_cpu<double>(images, layout, mix, first);
    default:
      throw failed("images cannot be mixed in this precision");
  }
}

}  // namespace

at::Tensor mix_images(at::Tensor images, at::MemoryFormat format, const std::vector<Mix>& mixes, int64_t first) {
  for (const Mix& mix : mixes) images = mix_once(images, format, mix, first);
  return images;
}

std::vector<double> mixed_targets(const std::vector<uint16_t>& labels, int64_t classes, const std::vector<Mix>& mixes,
                                  int64_t first) {
  const int64_t batch = static_cast<int64_t>(labels.size());
  std::vector<double> targets(batch * classes);
  for (int64_t i = 0; i < batch; ++i) targets[i * classes + labels[i]] = 1;
  for (const Mix& mix : mixes) {
    const std::vector<double> before = targets;
    for (int64_t i = 0; i < batch; ++i) {
      const double share = mix.shares[first + i];
      const double* other = before.data() + (mix.partners[first + i] - first) * classes;
      double* own = targets.data() + i * classes;
      if (share == 1) continue;
      for (int64_t c = 0; c < classes; ++c) own[c] = share * own[c] + (1 - share) * other[c];
    }
  }
  return targets;
}

}  // namespace ravine
