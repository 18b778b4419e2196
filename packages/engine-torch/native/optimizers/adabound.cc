// AdaBound; the specification is packages/training/src/optimizers/adabound.ts.
#include "fused.h"

namespace ravine {
namespace {

class Adabound : public Optimizer {
 public:
  using Optimizer::Optimizer;

  /// m, v as Adam; θ ← θ − η m c / clamp(√v + ε, c / upper, c / lower) with c = √(1 − β₂ᵗ) / (1 − β₁ᵗ).
  void update(ParameterStore& store, const UpdateStep& step) const override {
    const double t = static_cast<double>(step.number), pace = number("convergence") * t;
    const double correction = std::sqrt(1 - std::pow(number("beta2"), t)) / (1 - std::pow(number("beta1"), t));
    const double least = correction / (number("finalFactor") * (1 + 1 / pace));
    const double most = correction / (number("finalFactor") * (1 - 1 / (pace + 1)));
    apply_rule<2>(store, setup(), step, {"mean", "square"}, [&](auto type, const GroupRates& rates) {
      using T = decltype(type);
      const T beta1 = static_cast<T>(number("beta1")), rest1 = static_cast<T>(1 - number("beta1"));
      const T beta2 = static_cast<T>(number("beta2")), rest2 = static_cast<T>(1 - number("beta2"));
      const T epsilon = static_cast<T>(number("epsilon")), rate = static_cast<T>(rates.learning_rate * correction);
      return [=](auto& parameter, const auto& gradient, auto& slots) {
        slots[0] = slots[0] * beta1 + gradient * rest1;
        slots[1] = slots[1] * beta2 + gradient * gradient * rest2;
        const auto sigma = at_most(at_least(square_root(slots[1]) + epsilon, least), most);
        parameter = parameter - quotient(slots[0], sigma) * rate;
      };
    });
  }
};

const Registered<Adabound> registered("adabound", Decay::l2);

}  // namespace
}  // namespace ravine
