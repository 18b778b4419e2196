#include "kernels/norm_rows.h"

#include "kernels/vector.h"

namespace ravine::RAVINE_ISA {
namespace {

template <class T>
void sum(const T* x, int64_t rows, int64_t channels, const float* shift, float* sums, float* squares) {
  for (int64_t row = 0; row < rows; ++row, x += channels) {
    for_each_lane(channels, [&](auto lane, int64_t i) RAVINE_LANES {
      using V = decltype(lane);
      const V d = load<V>(x + i) - load<V>(shift + i);
      store(sums + i, load<V>(sums + i) + d);
      store(squares + i, load<V>(squares + i) + d * d);
    });
  }
}

template <class T>
void scale(const T* x, T* y, int64_t rows, int64_t channels, const float* scales, const float* offsets, bool relu) {
  for (int64_t row = 0; row < rows; ++row, x += channels, y += channels) {
    for_each_lane(channels, [&](auto lane, int64_t i) RAVINE_LANES {
      using V = decltype(lane);
      V value = load<V>(x + i) * load<V>(scales + i) + load<V>(offsets + i);
      if (relu) value = value < 0 ? V{} : value;
      store(y + i, value);
    });
  }
}

template <class T>
void scale_add(const T* x, const T* residual, T* y, int64_t rows, int64_t channels, const float* scales,
               const float* offsets) {
  for (int64_t row = 0; row < rows; ++row, x += channels, residual += channels, y += channels) {
    for_each_lane(channels, [&](auto lane, int64_t i) RAVINE_LANES {
      using V = decltype(lane);
      const V value = load<V>(x + i) * load<V>(scales + i) + load<V>(offsets + i) + load<V>(residual + i);
      store(y + i, value < 0 ? V{} : value);
    });
  }
}

/// The gradient that passes the ReLU.
template <class V, class T>
RAVINE_INLINE V passed_at(int64_t i, const T* x, const T* gradient, const NormChannels& norm, bool relu) {
  const V g = load<V>(gradient + i);
  if (!relu) return g;
  return load<V>(x + i) * load<V>(norm.scale + i) + load<V>(norm.offset + i) <= 0 ? V{} : g;
}

template <class T>
void sum_gradient(const T* x, const T* gradients, int64_t rows, int64_t channels, NormChannels norm, bool relu,
                  float* sums, float* products) {
  for (int64_t row = 0; row < rows; ++row, x += channels, gradients += channels) {
    for_each_lane(channels, [&](auto lane, int64_t i) RAVINE_LANES {
      using V = decltype(lane);
      const V g = passed_at<V>(i, x, gradients, norm, relu);
      store(sums + i, load<V>(sums + i) + g);
      store(products + i, load<V>(products + i) + g * (load<V>(x + i) - load<V>(norm.mean + i)));
    });
  }
}

template <class T>
void sum_passed(const T* x, const T* output, const T* gradients, T* passed, int64_t rows, int64_t channels,
                const float* mean, float* sums, float* products) {
  for (int64_t row = 0; row < rows; ++row) {
    for_each_lane(channels, [&](auto lane, int64_t i) RAVINE_LANES {
      using V = decltype(lane);
      const V g = load<V>(output + i) > 0 ? load<V>(gradients + i) : V{};
      store_exact(passed + i, g);
      store(sums + i, load<V>(sums + i) + g);
      store(products + i, load<V>(products + i) + g * (load<V>(x + i) - load<V>(mean + i)));
    });
    x += channels;
    output += channels;
    gradients += channels;
    passed += channels;
  }
}

template <class T>
void gradient(const T* x, const T* gradients, T* dx, int64_t rows, int64_t channels, NormChannels norm, bool relu,
              const float* slope, const float* base) {
  for (int64_t row = 0; row < rows; ++row, x += channels, gradients += channels, dx += channels) {
    for_each_lane(channels, [&](auto lane, int64_t i) RAVINE_LANES {
      using V = decltype(lane);
      const V g = passed_at<V>(i, x, gradients, norm, relu);
      store(dx + i, g * load<V>(norm.scale + i) + load<V>(x + i) * load<V>(slope + i) + load<V>(base + i));
    });
  }
}

template <class T>
constexpr NormKernels<T> kKernels{sum<T>, scale<T>, scale_add<T>, sum_gradient<T>, sum_passed<T>, gradient<T>};

}  // namespace

const NormKernels<float>& norm_kernels(float) { return kKernels<float>; }
const NormKernels<Bits16>& norm_kernels(Bits16) { return kKernels<Bits16>; }

}  // namespace ravine::RAVINE_ISA
