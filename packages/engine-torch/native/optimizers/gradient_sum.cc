#include "gradient_sum.h"

namespace ravine {

void GradientSum::take(ParameterStore& store) {
  const bool first = sums_.empty();
  for (size_t i = 0; i < store.parameters().size(); ++i) {
    Parameter& p = store.parameters()[i];
    // Away from the parameter: a layer may write the next gradient over the last one.
    const at::Tensor gradient = std::move(p.gradient);
    p.gradient = at::Tensor();
    if (first) {
      sums_.push_back(gradient.to(p.master.scalar_type()));
    } else {
      sums_[i].add_(gradient);
    }
  }
}

void GradientSum::give(ParameterStore& store) {
  for (size_t i = 0; i < sums_.size(); ++i) store.parameters()[i].gradient = std::move(sums_[i]);
  sums_.clear();
}

}  // namespace ravine
