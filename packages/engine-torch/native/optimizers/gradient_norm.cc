#include <ATen/TensorOperators.h>

#include <cmath>
#include <numeric>

#include "errors.h"
#include "optimizer.h"
#include "parallel_chunks.h"

namespace ravine {
namespace {

/// Eight running sums, because one would wait for each addition to finish.
template <class G>
double sum_of_squares(const G* gradient, int64_t count) {
  constexpr int kLanes = 8;
  double sums[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const double g = static_cast<double>(static_cast<float>(gradient[i + lane]));
      sums[lane] += g * g;
    }
  }
  for (; i < count; ++i) {
    const double g = static_cast<double>(static_cast<float>(gradient[i]));
    sums[0] += g * g;
  }
  return std::accumulate(sums, sums + kLanes, 0.0);
}

template <>
double sum_of_squares<double>(const double* gradient, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += gradient[i] * gradient[i];
  return sum;
}

double sum_of_squares(const Chunk& chunk) {
  const at::Tensor& g = chunk.parameter->gradient;
  const int64_t count = chunk.end - chunk.begin;
  switch (g.scalar_type()) {
    case at::kFloat:
      return sum_of_squares(g.data_ptr<float>() + chunk.begin, count);
    case at::kBFloat16:
      return sum_of_squares(g.data_ptr<at::BFloat16>() + chunk.begin, count);
    case at::kDouble:
      return sum_of_squares(g.data_ptr<double>() + chunk.begin, count);
    default:
      throw failed("gradient of " + chunk.parameter->name + " has an unexpected number type");
  }
}

double norm_on_cpu(const std::vector<Parameter>& parameters) {
  const std::vector<Chunk> chunks = chunks_of(parameters);
  std::vector<double> sums(chunks.size());
  for_each_chunk(chunks, [&](const Chunk& chunk, int64_t i) { sums[i] = sum_of_squares(chunk); });
  return std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0));
}

double norm_on_device(const std::vector<Parameter>& parameters) {
  at::Tensor sum;
  for (const Parameter& p : parameters) {
    const at::Tensor g = p.gradient.to(at::kDouble);
    const at::Tensor square = (g * g).sum();
    sum = sum.defined() ? sum + square : square;
  }
  return sum.defined() ? std::sqrt(sum.item<double>()) : 0.0;
}

}  // namespace

double gradient_norm(const ParameterStore& store) {
  const auto& parameters = store.parameters();
  return store.masters().is_cpu() ? norm_on_cpu(parameters) : norm_on_device(parameters);
}

}  // namespace ravine
