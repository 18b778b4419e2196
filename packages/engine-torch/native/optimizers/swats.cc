// SWATS; the specification is packages/training/src/optimizers/swats.ts.
#include "algebra.h"
#include "whole_parameter.h"

namespace ravine {
namespace {

enum Slot { mean, square, rate_mean, sgd_factor };

class Swats : public Optimizer {
 public:
  using Optimizer::Optimizer;

  void update(ParameterStore& store, const UpdateStep& step) const override {
    apply_to_whole(store, setup(), step, {"mean", "square", "rateMean", "sgdFactor"}, [&](WholeParameter& p) {
      const double factor = sum_of(p.slots[sgd_factor]);
      factor == 0 ? adam(p, static_cast<double>(step.number)) : sgd(p, factor);
    });
  }

 private:
  /// v ← β₁v + g; θ ← θ − (1 − β₁)Λv.
  void sgd(WholeParameter& p, double factor) const {
    const double beta1 = number("beta1");
    p.slots[mean] = p.slots[mean] * beta1 + p.gradient;
    p.parameter = p.parameter - p.slots[mean] * ((1 - beta1) * factor * p.rates.learning_rate);
  }

  /// Adam's step, and the estimate of SGD's rate from it.
  void adam(WholeParameter& p, double t) const {
    const double beta1 = number("beta1"), beta2 = number("beta2"), young = 1 - std::pow(beta2, t);
    p.slots[mean] = running(p.slots[mean], p.gradient, beta1);
    p.slots[square] = running(p.slots[square], p.gradient * p.gradient, beta2);
    const double rate = p.rates.learning_rate * std::sqrt(young) / (1 - std::pow(beta1, t));
    const at::Tensor change = quotient(p.slots[mean] * rate, square_root(p.slots[square]) + number("epsilon"));
    p.parameter = p.parameter - change;
    const double along = sum_of(change * p.gradient);
    if (along == 0) return;
    const double estimate = sum_of(change * change) / along;
    p.slots[rate_mean] = p.slots[rate_mean] * beta2 + (1 - beta2) * estimate;
    const double corrected = sum_of(p.slots[rate_mean]) / young;
    if (t == 1 || corrected <= 0 || std::abs(corrected - estimate) >= number("switchTolerance")) return;
    p.slots[sgd_factor] = p.slots[sgd_factor] + corrected / p.rates.learning_rate;
    p.slots[mean] = p.slots[mean] * 0;
  }
};

const Registered<Swats> registered("swats", Decay::l2);

}  // namespace
}  // namespace ravine
