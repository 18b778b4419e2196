// Runs a rule that looks at a whole parameter (norms, rows and columns, matrices) on one parameter after the other, by
// tensor operations on every device. Sums have one order, whatever the number of threads.
#pragma once

#include <functional>
#include <vector>

#include "group_decay.h"
#include "optimizer.h"

namespace ravine {

struct WholeParameter {
  const Parameter& spec;
  at::Tensor parameter;           // in: after decoupled decay; out: the new value
  at::Tensor gradient;            // scaled, with l2 decay
  std::vector<at::Tensor> slots;  // in the order of the names, undefined where this parameter has none; out: new ones
  GroupRates rates;
};

void apply_to_whole(ParameterStore& store, const Setup& setup, const UpdateStep& step,
                    const std::vector<const char*>& names, const std::function<void(WholeParameter&)>& rule);

/// Σ a, summed in double precision.
double sum_of(const at::Tensor& a);

/// ‖a‖₂, summed in double precision.
double norm_of(const at::Tensor& a);

/// Mean along an axis, which stays with size 1; summed in double precision.
at::Tensor mean_along(const at::Tensor& a, int64_t axis);

/// a · b of two matrices.
at::Tensor matrix_product(const at::Tensor& a, const at::Tensor& b);

/// share · old + (1 − share) · value
at::Tensor running(const at::Tensor& old, const at::Tensor& value, double share);

}  // namespace ravine
