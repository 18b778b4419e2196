#include "whole_parameter.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sum.h>
#include <c10/core/InferenceMode.h>

#include <cmath>
#include <numeric>

#include "blas.h"
#include "sum_of_squares.h"
#include "widest.h"

namespace ravine {
namespace {

/// Values of one piece of work; pieces do not depend on the number of threads.
constexpr int64_t kPiece = 16384;
constexpr int64_t kRows = 64;

/// Sum of `sum(first value, count)` over pieces of the array.
template <class T, class Sum>
double sum_of_pieces(const at::Tensor& a, const Sum& sum) {
  const T* values = a.data_ptr<T>();
  const int64_t pieces = (a.numel() + kPiece - 1) / kPiece;
  std::vector<double> sums(pieces);
  at::parallel_for(0, pieces, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      sums[i] = on_widest(sum, values + i * kPiece, std::min(kPiece, a.numel() - i * kPiece));
    }
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

template <class Sum>
double sum_on_cpu(const at::Tensor& a, const Sum& sum) {
  const at::Tensor dense = a.is_non_overlapping_and_dense() ? a : a.contiguous();
  return dense.scalar_type() == at::kDouble ? sum_of_pieces<double>(dense, sum) : sum_of_pieces<float>(dense, sum);
}

/// [outer, size, inner] → [outer, 1, inner]; every mean is summed by one thread, from the first value to the last.
template <class T>
void mean_on_cpu(const T* from, T* to, int64_t outer, int64_t size, int64_t inner) {
  at::parallel_for(0, outer * inner, kPiece / size + 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const T* values = from + i / inner * size * inner + i % inner;
      double sum = 0;
      for (int64_t k = 0; k < size; ++k) sum += values[k * inner];
      to[i] = static_cast<T>(sum / static_cast<double>(size));
    }
  });
}

/// Blocks of rows, each by one thread of the BLAS, whose own way of sharing work depends on the number of threads.
at::Tensor product_on_cpu(const at::Tensor& a, const at::Tensor& b) {
  const int64_t rows = a.size(0);
  const at::Tensor result = at::empty({rows, b.size(1)}, a.options());
  set_blas_threads(1);
  at::parallel_for(0, (rows + kRows - 1) / kRows, 1, [&](int64_t first, int64_t last) {
    const c10::InferenceMode no_autograd;  // is set per thread
    for (int64_t i = first; i < last; ++i) {
      const int64_t count = std::min(kRows, rows - i * kRows);
      at::Tensor target = result.narrow(0, i * kRows, count);
      at::mm_out(target, a.narrow(0, i * kRows, count), b);
    }
  });
  set_blas_threads(at::get_num_threads());
  return result;
}

}  // namespace

void apply_to_whole(ParameterStore& store, const Setup& setup, const UpdateStep& step,
                    const std::vector<const char*>& names, const std::function<void(WholeParameter&)>& rule) {
  for (const Parameter& p : store.parameters()) {
    if (is_frozen(setup.groups[p.group])) continue;
    const GroupDecay decay(setup.groups[p.group], setup.decay, step.rate);
    WholeParameter whole{p, decay.keep == 1 ? p.master : p.master * decay.keep,
                         p.gradient.to(p.master.scalar_type()) * step.gradient_scale, {}, decay.rates};
    if (decay.l2 != 0) whole.gradient = whole.gradient + p.master * decay.l2;
    for (const char* name : names) whole.slots.push_back(store.slot(name, p));
    rule(whole);
    for (size_t k = 0; k < names.size(); ++k) {
      if (whole.slots[k].defined()) store.slot(names[k], p).copy_(whole.slots[k]);
    }
    p.master.copy_(whole.parameter);
  }
  if (store.copies().defined()) store.copies().copy_(store.masters());
}

double norm_of(const at::Tensor& a) {
  if (!a.is_cpu()) {
    const at::Tensor values = a.to(at::kDouble);
    return std::sqrt((values * values).sum().item<double>());
  }
  return std::sqrt(sum_on_cpu(a, [](const auto* values, int64_t count) { return sum_of_squares(values, count); }));
}

double sum_of(const at::Tensor& a) {
  if (!a.is_cpu()) return a.to(at::kDouble).sum().item<double>();
  return sum_on_cpu(a, [](const auto* values, int64_t count) { return std::accumulate(values, values + count, 0.0); });
}

at::Tensor mean_along(const at::Tensor& a, int64_t axis) {
  if (!a.is_cpu()) return a.to(at::kDouble).mean(axis, true).to(a.scalar_type());
  const at::Tensor from = a.contiguous();
  std::vector<int64_t> shape = a.sizes().vec();
  const size_t at_axis = axis < 0 ? shape.size() + axis : axis;
  const auto product = [](auto first, auto last) { return std::accumulate(first, last, int64_t{1}, std::multiplies<>()); };
  const int64_t outer = product(shape.begin(), shape.begin() + at_axis), size = shape[at_axis];
  const int64_t inner = product(shape.begin() + at_axis + 1, shape.end());
  shape[at_axis] = 1;
  const at::Tensor to = at::empty(shape, a.options());
  AT_DISPATCH_FLOATING_TYPES(a.scalar_type(), "mean_along", [&] {
    mean_on_cpu(from.data_ptr<scalar_t>(), to.data_ptr<scalar_t>(), outer, size, inner);
  });
  return to;
}

at::Tensor matrix_product(const at::Tensor& a, const at::Tensor& b) {
  return a.is_cpu() ? product_on_cpu(a, b) : at::mm(a, b);
}

at::Tensor running(const at::Tensor& old, const at::Tensor& value, double share) {
  return old * share + value * (1 - share);
}

}  // namespace ravine
