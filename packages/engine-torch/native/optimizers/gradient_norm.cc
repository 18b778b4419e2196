#include <ATen/TensorOperators.h>

#include <cmath>
#include <numeric>

#include "gradient_values.h"
#include "optimizer.h"
#include "parallel_chunks.h"
#include "sum_of_squares.h"
#include "widest.h"

namespace ravine {
namespace {

template <class T>
double norm_on_cpu(const std::vector<Parameter>& parameters) {
  const std::vector<Chunk> chunks = chunks_of(parameters);
  std::vector<double> sums(chunks.size());
  for_each_chunk(chunks, [&](const Chunk& chunk, int64_t i) {
    sums[i] = with_gradient<T>(*chunk.parameter, [&](const auto* values) {
      const auto sum = [](const auto* first, int64_t count) { return sum_of_squares(first, count); };
      return on_widest(sum, values + chunk.begin, chunk.end - chunk.begin);
    });
  });
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
  if (!store.masters().is_cpu()) return norm_on_device(store.parameters());
  return store.masters().scalar_type() == at::kDouble ? norm_on_cpu<double>(store.parameters())
                                                      : norm_on_cpu<float>(store.parameters());
}

}  // namespace ravine
