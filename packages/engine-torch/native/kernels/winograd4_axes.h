// F(4, 3) along one axis with the points 0, ±√½, ±√2 and ∞; to transform a tile is to do it along both of its axes.
//
// For any Register: the file that includes this one has Register, multiply_add() and RAVINE_REGISTER_INLINE, with which
// functions on them are declared, in the namespace RAVINE_ISA (kernels/register.h, convolution/winograd_axes.h).
#pragma once

namespace ravine::RAVINE_ISA {

constexpr float kSmall = 0.70710678118654752f, kLarge = 1.41421356237309505f;  // √½ and √2

/// Bᵀ d
struct InputAxis {
  static constexpr int kFrom = 6, kTo = 6;
  static RAVINE_REGISTER_INLINE void apply(const Register (&d)[6], Register (&to)[6]) {
    const Register even1 = multiply_add(-2.0f, d[2], d[4]), odd1 = multiply_add(kSmall, d[3], d[1] * -kLarge);
    const Register even2 = multiply_add(-0.5f, d[2], d[4]), odd2 = multiply_add(kLarge, d[3], d[1] * -kSmall);
    to[0] = multiply_add(-2.5f, d[2], d[0] + d[4]);
    to[1] = even1 + odd1;
    to[2] = even1 - odd1;
    to[3] = even2 + odd2;
    to[4] = even2 - odd2;
    to[5] = multiply_add(-2.5f, d[3], d[1] + d[5]);
  }
};

/// Aᵀ m
struct OutputAxis {
  static constexpr int kFrom = 6, kTo = 4;
  static RAVINE_REGISTER_INLINE void apply(const Register (&m)[6], Register (&to)[4]) {
    const Register sum1 = m[1] + m[2], sum2 = m[3] + m[4];
    const Register odd1 = (m[1] - m[2]) * kSmall, odd2 = (m[3] - m[4]) * kLarge;
    to[0] = m[0] + sum1 + sum2;
    to[1] = odd1 + odd2;
    to[2] = multiply_add(0.5f, sum1, sum2 * 2.0f);
    to[3] = multiply_add(0.5f, odd1, multiply_add(2.0f, odd2, m[5]));
  }
};

/// A d
struct GradientAxis {
  static constexpr int kFrom = 4, kTo = 6;
  static RAVINE_REGISTER_INLINE void apply(const Register (&d)[4], Register (&to)[6]) {
    const Register even1 = multiply_add(0.5f, d[2], d[0]), odd1 = multiply_add(0.5f, d[3], d[1]) * kSmall;
    const Register even2 = multiply_add(2.0f, d[2], d[0]), odd2 = multiply_add(2.0f, d[3], d[1]) * kLarge;
    to[0] = d[0];
    to[1] = even1 + odd1;
    to[2] = even1 - odd1;
    to[3] = even2 + odd2;
    to[4] = even2 - odd2;
    to[5] = d[3];
  }
};

constexpr float kThird = 1.0f / 3.0f, kSixth = 1.0f / 6.0f;

/// G g
struct FilterAxis {
  static constexpr int kFrom = 3, kTo = 6;
  static RAVINE_REGISTER_INLINE void apply(const Register (&g)[3], Register (&to)[6]) {
    const Register even1 = multiply_add(0.5f, g[2], g[0]) * (-2 * kThird), odd1 = g[1] * (-2 * kThird * kSmall);
    const Register even2 = multiply_add(2.0f, g[2], g[0]) * kSixth, odd2 = g[1] * (kSixth * kLarge);
    to[0] = g[0];
    to[1] = even1 + odd1;
    to[2] = even1 - odd1;
    to[3] = even2 + odd2;
    to[4] = even2 - odd2;
    to[5] = g[2];
  }
};

/// Gᵀ d
struct FilterGradientAxis {
  static constexpr int kFrom = 6, kTo = 3;
  static RAVINE_REGISTER_INLINE void apply(const Register (&d)[6], Register (&to)[3]) {
    const Register sum1 = d[1] + d[2], sum2 = d[3] + d[4];
    to[0] = multiply_add(-2 * kThird, sum1, multiply_add(kSixth, sum2, d[0]));
    to[1] = multiply_add(-2 * kThird * kSmall, d[1] - d[2], (d[3] - d[4]) * (kSixth * kLarge));
    to[2] = multiply_add(kThird, sum2 - sum1, d[5]);
  }
};

/// Reads load(row, column), transforms each column by Down and then each row by Across, and calls store(row, column, value).
template <class Down, class Across, class Load, class Store>
RAVINE_REGISTER_INLINE void transform(const Load& load, const Store& store) {
  Register half[Down::kTo][Across::kFrom];
#pragma GCC unroll 6
  for (int j = 0; j < Across::kFrom; ++j) {
    Register from[Down::kFrom], to[Down::kTo];
#pragma GCC unroll 6
    for (int i = 0; i < Down::kFrom; ++i) from[i] = load(i, j);
    Down::apply(from, to);
#pragma GCC unroll 6
    for (int i = 0; i < Down::kTo; ++i) half[i][j] = to[i];
  }
#pragma GCC unroll 6
  for (int i = 0; i < Down::kTo; ++i) {
    Register to[Across::kTo];
    Across::apply(half[i], to);
#pragma GCC unroll 6
    for (int j = 0; j < Across::kTo; ++j) store(i, j, to[j]);
  }
}

}  // namespace ravine::RAVINE_ISA
