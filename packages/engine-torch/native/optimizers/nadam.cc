// NAdam; the specification is packages/training/src/optimizers/nadam.ts (nadamw.ts).
#include "fused.h"

namespace ravine {
namespace {

class Nadam : public Optimizer {
 public:
  using Optimizer::Optimizer;

  /// m, v as Adam; θ ← θ − η ((1 − μₜ)g / (1 − Πμᵢ) + μₜ₊₁m / (1 − μₜ₊₁Πμᵢ)) / (√v̂ + ε).
  void update(ParameterStore& store, const UpdateStep& step) const override {
    const double now = momentum(step.number), next = momentum(step.number + 1);
    double product = 1;
    // A product below this is 0 beside 1, from which it is subtracted.
    for (int64_t t = 1; t <= step.number && product > 1e-20; ++t) product *= momentum(t);
    apply_rule<2>(store, setup(), step, {"mean", "square"}, [&](auto type, const GroupRates& rates) {
      using T = decltype(type);
      const double t = static_cast<double>(step.number);
      const T beta1 = static_cast<T>(number("beta1")), rest1 = static_cast<T>(1 - number("beta1"));
      const T beta2 = static_cast<T>(number("beta2")), rest2 = static_cast<T>(1 - number("beta2"));
      const T root_scale = static_cast<T>(1 / std::sqrt(1 - std::pow(number("beta2"), t)));
      const T epsilon = static_cast<T>(number("epsilon"));
      const T of_gradient = static_cast<T>(rates.learning_rate * (1 - now) / (1 - product));
      const T of_mean = static_cast<T>(rates.learning_rate * next / (1 - product * next));
      return [=](auto& parameter, const auto& gradient, auto& slots) {
        slots[0] = slots[0] * beta1 + gradient * rest1;
        slots[1] = slots[1] * beta2 + gradient * gradient * rest2;
        const auto sigma = square_root(slots[1]) * root_scale + epsilon;
        parameter = parameter - quotient(gradient * of_gradient + slots[0] * of_mean, sigma);
      };
    });
  }

 private:
  /// μₜ = β₁(1 − 0.96^(ψt) / 2)
  double momentum(int64_t t) const {
    return number("beta1") * (1 - 0.5 * std::pow(0.96, static_cast<double>(t) * number("momentumDecay")));
  }
};

const Registered<Nadam> nadam("nadam", Decay::l2), nadamw("nadamw", Decay::decoupled);

}  // namespace
}  // namespace ravine
