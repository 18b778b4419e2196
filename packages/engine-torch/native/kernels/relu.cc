#include "kernels/relu.h"

#include "kernels/vector.h"

namespace ravine::RAVINE_ISA {
namespace {

template <class T>
void forward(const T* x, T* y, int64_t count) {
  for_each_lane(count, [&](auto lane, int64_t i) RAVINE_LANES {
    using V = decltype(lane);
    const V value = load<V>(x + i);
    store_exact(y + i, value < 0 ? V{} : value);
  });
}

template <class T>
void backward(const T* output, const T* gradient, T* dx, int64_t count) {
  for_each_lane(count, [&](auto lane, int64_t i) RAVINE_LANES {
    using V = decltype(lane);
    store_exact(dx + i, load<V>(output + i) > 0 ? load<V>(gradient + i) : V{});
  });
}

template <class T>
constexpr ReluKernels<T> kKernels{forward<T>, backward<T>};

}  // namespace

const ReluKernels<float>& relu_kernels(float) { return kKernels<float>; }
const ReluKernels<Bits16>& relu_kernels(Bits16) { return kKernels<Bits16>; }

}  // namespace ravine::RAVINE_ISA
