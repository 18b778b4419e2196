#include "kernels/winograd4.h"

#include "kernels/register.h"

#include "kernels/winograd4_axes.h"

namespace ravine::RAVINE_ISA {
namespace {

/// Calls work(c) for registers of channels that cover all of them; the last one may overlap the one before.
template <class Work>
RAVINE_INLINE void for_each_register(int64_t channels, const Work& work) {
  for (int64_t c = 0; c < channels; c += kRegisterLanes) {
    work(c + kRegisterLanes <= channels ? c : channels - kRegisterLanes);
  }
}

/// Edge×Edge pixels of an image, of which only some may exist.
template <int Edge, class Value>
class Window {
 public:
  RAVINE_INLINE Window(const TileRow<Value>& row, int64_t tile)
      : top_(row.top), left_(row.left + 4 * tile), height_(row.height), width_(row.width),
        stride_(row.stride), start_(row.image + (top_ * row.width + left_) * row.stride + row.channel) {}

  RAVINE_INLINE bool is_whole() const {
    return top_ >= 0 && left_ >= 0 && top_ + Edge <= height_ && left_ + Edge <= width_;
  }
  RAVINE_INLINE bool has(int i, int j) const {
    return static_cast<uint64_t>(top_ + i) < static_cast<uint64_t>(height_) &&
           static_cast<uint64_t>(left_ + j) < static_cast<uint64_t>(width_);
  }
  RAVINE_INLINE Value* at(int i, int j) const { return start_ + (i * width_ + j) * stride_; }

 private:
  int64_t top_, left_, height_, width_, stride_;
  Value* start_;
};

/// Transforms the pixels of a tile's channels; `whole`: all of them exist.
template <class Axis, bool whole>
RAVINE_INLINE void transform_pixels(const Window<Axis::kFrom, const float>& window, int64_t channels, float* to,
                                    int64_t position) {
  for_each_register(channels, [&](int64_t c) RAVINE_LANES {
    transform<Axis, Axis>(
        [&](int i, int j) RAVINE_LANES {
          return whole || window.has(i, j) ? load<Register>(window.at(i, j) + c) : Register{};
        },
        [&](int i, int j, Register value) RAVINE_LANES { store_register(to + (6 * i + j) * position + c, value); });
  });
}

template <class Axis>
RAVINE_INLINE void transform_tile(const Window<Axis::kFrom, const float>& window, int64_t channels, float* to,
                                  int64_t position) {
  window.is_whole() ? transform_pixels<Axis, true>(window, channels, to, position)
                    : transform_pixels<Axis, false>(window, channels, to, position);
}

void input_tiles(const TileRow<const float>& row, TileValues<float> target) {
  for (int64_t t = 0; t < row.tiles; ++t) {
    transform_tile<InputAxis>({row, t}, row.channels, target.values + t * target.tile, target.position);
  }
}

/// Adds the sums of a tile's pixels, channel by channel.
RAVINE_INLINE void add_pixels(const Window<4, const float>& window, int64_t channels, float* sums) {
  for_each_lane(channels, [&](auto lane, int64_t c) RAVINE_LANES {
    using V = decltype(lane);
    V sum{};
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < 4; ++j) {
        if (window.has(i, j)) sum = sum + load<V>(window.at(i, j) + c);
      }
    }
    store(sums + c, load<V>(sums + c) + sum);
  });
}

void gradient_tiles(const TileRow<const float>& row, TileValues<float> target, float* sums) {
  for (int64_t t = 0; t < row.tiles; ++t) {
    const Window<4, const float> window(row, t);
    transform_tile<GradientAxis>(window, row.channels, target.values + t * target.tile, target.position);
    if (sums != nullptr) add_pixels(window, row.channels, sums);
  }
}

void output_tiles(TileValues<const float> products, const TileRow<float>& row, const float* bias) {
  for (int64_t t = 0; t < row.tiles; ++t) {
    const Window<4, float> window(row, t);
    const bool whole = window.is_whole();
    for_each_register(row.channels, [&](int64_t c) RAVINE_LANES {
      const float* from = products.values + t * products.tile + c;
      const Register shift = bias != nullptr ? load<Register>(bias + c) : Register{};
      transform<OutputAxis, OutputAxis>(
          [&](int i, int j) RAVINE_LANES { return load<Register>(from + (6 * i + j) * products.position); },
          [&](int i, int j, Register value) RAVINE_LANES {
            if (whole || window.has(i, j)) store_register(window.at(i, j) + c, value + shift);
          });
    });
  }
}

constexpr int64_t kTargets = 16;

/// The taps of 16 target channels and up to 16 sources.
struct Taps {
  float at[9][16][kTargets];  // [tap][source][target]
};

/// Sources and targets are inputs and outputs: neighbours in memory are of different sources.
RAVINE_INLINE void load_forward(const FilterSource& s, int64_t target, int64_t source, int64_t sources, Taps& taps) {
  for (int64_t t = 0; t < kTargets; ++t) {
    for (int64_t tap = 0; tap < 9; ++tap) {
      const float* from = s.filters + ((target + t) * 9 + tap) * s.inputs + source;
      for (int64_t k = 0; k < sources; ++k) taps.at[tap][k][t] = from[k];
    }
  }
}

RAVINE_INLINE void load_backward(const FilterSource& s, int64_t target, int64_t source, int64_t sources, Taps& taps) {
  for (int64_t k = 0; k < sources; ++k) {
    for (int64_t tap = 0; tap < 9; ++tap) {
      const float* from = s.filters + ((source + k) * 9 + tap) * s.inputs + target;
      __builtin_memcpy(taps.at[8 - tap][k], from, sizeof taps.at[0][0]);
    }
  }
}

void filters(const FilterSource& s, int64_t target, float* to, int64_t position, int64_t stride) {
  const int64_t count = s.backward ? s.outputs : s.inputs;
  alignas(64) Taps taps;
  for (int64_t source = 0; source < count; source += 16) {
    const int64_t sources = count - source < 16 ? count - source : 16;
    s.backward ? load_backward(s, target, source, sources, taps) : load_forward(s, target, source, sources, taps);
    for (int64_t k = 0; k < sources; ++k) {
      for (int64_t t = 0; t < kTargets; t += kRegisterLanes) {
        transform<FilterAxis, FilterAxis>(
            [&](int i, int j) RAVINE_LANES { return load<Register>(&taps.at[3 * i + j][k][t]); },
            [&](int i, int j, Register value) RAVINE_LANES {
              store_register(to + (6 * i + j) * position + (source + k) * stride + t, value);
            });
      }
    }
  }
}

void filter_gradients(const float* sums, int64_t position, int64_t outputs, int64_t inputs, float* gradient,
                      int64_t stride) {
  for (int64_t o = 0; o < outputs; ++o, sums += inputs, gradient += 9 * stride) {
    for (int64_t c = 0; c < inputs; c += kRegisterLanes) {
      transform<FilterGradientAxis, FilterGradientAxis>(
          [&](int i, int j) RAVINE_LANES { return load<Register>(sums + (6 * i + j) * position + c); },
          [&](int i, int j, Register value) RAVINE_LANES {
            store_register(gradient + (3 * i + j) * stride + c, value);
          });
    }
  }
}

constexpr Winograd4Kernels kKernels{input_tiles, gradient_tiles, output_tiles, filters, filter_gradients};

}  // namespace

const Winograd4Kernels& winograd4_kernels() { return kKernels; }

}  // namespace ravine::RAVINE_ISA
