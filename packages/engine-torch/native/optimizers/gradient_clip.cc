#include "gradient_clip.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/sum.h>

#include <algorithm>

namespace ravine {
namespace {

constexpr double kEpsilon = 1e-6;  // PyTorch's, in the denominator

/// ‖values‖₂ of each unit, to be multiplied with the values: over all but the first axis, of a vector over all of it.
at::Tensor unit_norms(const at::Tensor& values) {
  std::vector<int64_t> axes;
  for (int64_t axis = values.dim() > 1 ? 1 : 0; axis < values.dim(); ++axis) axes.push_back(axis);
  return at::sqrt(at::sum(values * values, axes, true));
}

/// Each unit's gradient gets a norm of at most `ratio` times that of its weights, which counts as at least ε.
void clip_to_weights(Parameter& p, const ClipSpec& clip) {
  const at::Tensor most = unit_norms(p.master).clamp_min_(clip.epsilon) * clip.limit;
  // Where the gradient is within the bound its norm is the divisor's rival: the factor is 1 and not almost 1.
  const at::Tensor norms = at::maximum(unit_norms(p.gradient), most);
  p.gradient.mul_(most / norms);
}

}  // namespace

double clip_gradients(ParameterStore& store, const ClipSpec& clip, double norm) {
  if (clip.kind == ClipKind::none) return 1;
  if (clip.kind == ClipKind::network_norm) return std::min(1.0, clip.limit / (norm + kEpsilon));
  for (Parameter& p : store.parameters()) {
    if (!clip.except.empty() && p.name.substr(0, p.name.rfind('.')) == clip.except) continue;
    p.gradient = p.gradient.to(p.master.scalar_type());
    if (clip.kind == ClipKind::value) p.gradient.clamp_(-clip.limit, clip.limit);
    if (clip.kind == ClipKind::adaptive) clip_to_weights(p, clip);
    if (clip.kind == ClipKind::parameter_norm) {
      const at::Tensor own = at::sqrt(at::sum(p.gradient * p.gradient));
      p.gradient.mul_((clip.limit / (own + kEpsilon)).clamp_max_(1));
    }
  }
  return 1;
}

}  // namespace ravine
