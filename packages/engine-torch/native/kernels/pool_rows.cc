#include "kernels/pool_rows.h"

#include "kernels/vector.h"

namespace ravine::RAVINE_ISA {
namespace {

/// NaN wins.
template <class V>
RAVINE_INLINE V larger(const V& a, const V& b) {
  return ((a > b) | (a != a)) ? a : b;
}

/// The values of a window, in order: upper left, upper right, lower left, lower right.
template <class V>
struct Window {
  V a, b, c, d;

  template <class T>
  static RAVINE_INLINE Window at(const T* first, WindowRow row) {
    return {load<V>(first), load<V>(first + row.channels), load<V>(first + row.line),
            load<V>(first + row.line + row.channels)};
  }
  RAVINE_INLINE V largest() const { return larger(larger(a, b), larger(c, d)); }
};

/// Gives `gradient` to the first value of each window that equals `most`, and 0 to the others.
template <class V>
RAVINE_INLINE Window<V> to_first_match(const Window<V>& x, const V& most, const V& gradient) {
  const V none{};
  const auto a = x.a == most, b = x.b == most, c = x.c == most;
  const auto ab = a | b, abc = ab | c;
  const V rest = ab ? none : gradient;
  return {a ? gradient : none, a ? none : (b ? gradient : none), c ? rest : none,
          abc ? none : (x.d == most ? gradient : none)};
}

template <class T>
void pool(const T* x, WindowRow row, bool relu, T* pooled) {
  for (int64_t at = 0; at < row.windows; ++at, x += 2 * row.channels, pooled += row.channels) {
    for_each_lane(row.channels, [&](auto lane, int64_t i) RAVINE_LANES {
      using V = decltype(lane);
      V most = Window<V>::at(x + i, row).largest();
      if (relu) most = most < 0 ? V{} : most;
      store_exact(pooled + i, most);
    });
  }
}

template <class T>
void gradient(const T* x, WindowRow row, const T* pooled, const T* gradients, bool relu, T* dx) {
  for (int64_t at = 0; at < row.windows; ++at) {
    for_each_lane(row.channels, [&](auto lane, int64_t i) RAVINE_LANES {
      using V = decltype(lane);
      const V most = load<V>(pooled + i);
      V g = load<V>(gradients + i);
      if (relu) g = most > 0 ? g : V{};
      const Window<V> shares = to_first_match(Window<V>::at(x + i, row), most, g);
      store_exact(dx + i, shares.a);
      store_exact(dx + row.channels + i, shares.b);
      store_exact(dx + row.line + i, shares.c);
      store_exact(dx + row.line + row.channels + i, shares.d);
    });
    x += 2 * row.channels;
    dx += 2 * row.channels;
    pooled += row.channels;
    gradients += row.channels;
  }
}

template <class T>
void sum_and_pool(const T* x, WindowRow row, const float* shift, const float* sign, T* pooled,
                                     float* sum, float* square) {
  for (int64_t at = 0; at < row.windows; ++at, x += 2 * row.channels, pooled += row.channels) {
    for_each_lane(row.channels, [&](auto lane, int64_t i) RAVINE_LANES {
      using V = decltype(lane);
      const Window<V> w = Window<V>::at(x + i, row);
      const V s = load<V>(sign + i), center = load<V>(shift + i);
      store_exact(pooled + i, Window<V>{w.a * s, w.b * s, w.c * s, w.d * s}.largest() * s);
      const V a = w.a - center, b = w.b - center, c = w.c - center, d = w.d - center;
      store(sum + i, load<V>(sum + i) + ((a + b) + (c + d)));
      store(square + i, load<V>(square + i) + ((a * a + b * b) + (c * c + d * d)));
    });
  }
}

template <class T>
void norm_gradient(const T* x, WindowRow row, const T* pooled, const T* gradients,
                                           NormChannels norm, const float* slope, const float* base, T* dx) {
  for (int64_t at = 0; at < row.windows; ++at) {
    for_each_lane(row.channels, [&](auto lane, int64_t i) RAVINE_LANES {
      using V = decltype(lane);
      const V scale = load<V>(norm.scale + i), most = load<V>(pooled + i);
      const V g = most * scale + load<V>(norm.offset + i) > 0 ? load<V>(gradients + i) * scale : V{};
      const Window<V> w = Window<V>::at(x + i, row);
      const Window<V> shares = to_first_match(w, most, g);
      const V k = load<V>(slope + i), b = load<V>(base + i);
      store(dx + i, w.a * k + b + shares.a);
      store(dx + row.channels + i, w.b * k + b + shares.b);
      store(dx + row.line + i, w.c * k + b + shares.c);
      store(dx + row.line + row.channels + i, w.d * k + b + shares.d);
    });
    x += 2 * row.channels;
    dx += 2 * row.channels;
    pooled += row.channels;
    gradients += row.channels;
  }
}

template <class T>
constexpr PoolKernels<T> kKernels{pool<T>, gradient<T>, sum_and_pool<T>, norm_gradient<T>};

}  // namespace

const PoolKernels<float>& pool_kernels(float) { return kKernels<float>; }
const PoolKernels<Bits16>& pool_kernels(Bits16) { return kKernels<Bits16>; }

}  // namespace ravine::RAVINE_ISA
