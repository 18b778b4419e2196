#include "gradient_noise.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>

namespace ravine {
namespace {

/// Elements 4b … 4b + 3 of a parameter, in the order of its shape: two pairs by Box and Muller.
std::array<double, 4> normals(int64_t block, uint32_t parameter, PhiloxKey key) {
  constexpr double kTurn = 2 * 3.141592653589793;
  const PhiloxBlock words = philox({static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), parameter, 1}, key);
  std::array<double, 4> result;
  for (int pair = 0; pair < 4; pair += 2) {
    const double radius = std::sqrt(-2 * std::log((words[pair] + 0.5) / 4294967296.0));
    const double angle = kTurn * ((words[pair + 1] + 0.5) / 4294967296.0);
    result[pair] = radius * std::cos(angle);
    result[pair + 1] = radius * std::sin(angle);
  }
  return result;
}

at::Tensor noise_for(const Parameter& p, uint32_t index, PhiloxKey key) {
  constexpr int64_t kGrain = 1024;
  at::Tensor noise = at::empty(p.shape, at::TensorOptions().dtype(at::kDouble));
  double* values = noise.data_ptr<double>();
  at::parallel_for(0, (p.count + 3) / 4, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const std::array<double, 4> drawn = normals(block, index, key);
      std::copy_n(drawn.begin(), std::min<int64_t>(4, p.count - block * 4), values + block * 4);
    }
  });
  return noise;
}

}  // namespace

void add_gradient_noise(ParameterStore& store, double scale, double deviation, PhiloxKey key) {
  for (size_t i = 0; i < store.parameters().size(); ++i) {
    Parameter& p = store.parameters()[i];
    const at::Tensor noise = noise_for(p, static_cast<uint32_t>(i), key);
    p.gradient = p.gradient.to(p.master.scalar_type());
    p.gradient.mul_(scale).add_(noise.mul(deviation).to(p.gradient.device(), p.gradient.scalar_type()));
  }
}

}  // namespace ravine
