#include "kernels/product_sums.h"

#include "kernels/register.h"

namespace ravine::RAVINE_ISA {
namespace {

/// Rows × Registers, all of whose sums stay in registers.
template <int Rows, int Registers>
RAVINE_INLINE void add_rows(const ProductSums& work, int64_t first) {
  Register sums[Rows][Registers];  // loops over them are unrolled, or gcc keeps them in memory
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < Registers; ++v) sums[r][v] = Register{};
  }
  const float* a = work.a + first * work.a_row;
  const float* b = work.b;
  for (int64_t k = 0; k < work.steps; ++k, a += work.a_step, b += work.b_step) {
    Register columns[Registers];
#pragma GCC unroll 4
    for (int v = 0; v < Registers; ++v) columns[v] = load<Register>(b + v * kRegisterLanes);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      const Register value = all_lanes(a[r * work.a_row]);
#pragma GCC unroll 4
      for (int v = 0; v < Registers; ++v) sums[r][v] = multiply_add(value, columns[v], sums[r][v]);
    }
  }
  float* target = work.sums + first * work.columns;
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < Registers; ++v) {
      float* at = target + r * work.columns + v * kRegisterLanes;
      store_register(at, work.adds ? load<Register>(at) + sums[r][v] : sums[r][v]);
    }
  }
}

template <int Rows, int Registers>
void add_all(const ProductSums& work) {
  static_assert(ProductSums::kRowsAtOnce % Rows == 0);
  for (int64_t first = 0; first < work.rows; first += Rows) add_rows<Rows, Registers>(work, first);
}

#if defined(__AVX512F__)
void add(const ProductSums& work) {
  switch (work.columns) {
    case 16:
      return add_all<12, 1>(work);
    case 32:
      return add_all<12, 2>(work);
    case 48:
      return add_all<6, 3>(work);
    default:
      return add_all<6, 4>(work);
  }
}
constexpr ProductKernels kKernels{64, add};
#else
constexpr ProductKernels kKernels{16, add_all<kRegisterLanes == 8 ? 6 : 3, 16 / kRegisterLanes>};
#endif

}  // namespace

const ProductKernels& product_kernels() { return kKernels; }

}  // namespace ravine::RAVINE_ISA
