// RAdam; the specification is packages/training/src/optimizers/radam.ts (radamw.ts).
#include "fused.h"

namespace ravine {
namespace {

/// r_t, or 0 while the variance of the adaptive rate is not tractable (ρ_t ≤ 5).
double rectification(double beta2, double t) {
  const double limit = 2 / (1 - beta2) - 1;
  const double power = std::pow(beta2, t);
  const double length = limit - 2 * t * power / (1 - power);
  if (length <= 5) return 0;
  return std::sqrt((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length));
}

class Radam : public Optimizer {
 public:
  using Optimizer::Optimizer;

  void update(ParameterStore& store, const UpdateStep& step) const override {
    const double rectified = rectification(number("beta2"), static_cast<double>(step.number));
    rectified == 0 ? run<false>(store, step, 0) : run<true>(store, step, rectified);
  }

 private:
  /// θ ← θ − η r_t m̂ √(1 − β₂ᵗ) / (√v + ε) when adapted, else θ ← θ − η m̂.
  template <bool adapted>
  void run(ParameterStore& store, const UpdateStep& step, double rectified) const {
    apply_rule<2>(store, setup(), step, {"mean", "square"}, [&](auto type, const GroupRates& rates) {
      using T = decltype(type);
      const double t = static_cast<double>(step.number);
      const T beta1 = static_cast<T>(number("beta1")), rest1 = static_cast<T>(1 - number("beta1"));
      const T beta2 = static_cast<T>(number("beta2")), rest2 = static_cast<T>(1 - number("beta2"));
      const double factor = adapted ? rectified * std::sqrt(1 - std::pow(number("beta2"), t)) : 1.0;
      const T rate = static_cast<T>(rates.learning_rate / (1 - std::pow(number("beta1"), t)) * factor);
      const T epsilon = static_cast<T>(number("epsilon"));
      return [=](auto& parameter, const auto& gradient, auto& slots) {
        slots[0] = slots[0] * beta1 + gradient * rest1;
        slots[1] = slots[1] * beta2 + gradient * gradient * rest2;
        if constexpr (adapted) {
          parameter = parameter - quotient(slots[0], square_root(slots[1]) + epsilon) * rate;
        } else {
          parameter = parameter - slots[0] * rate;
        }
      };
    });
  }
};

const Registered<Radam> radam("radam", Decay::l2), radamw("radamw", Decay::decoupled);

}  // namespace
}  // namespace ravine
