// Adan; the specification is packages/training/src/optimizers/adan.ts.
#include "fused.h"

namespace ravine {
namespace {

class Adan : public Optimizer {
 public:
  using Optimizer::Optimizer;

  /// m, d, n: means of g, of its change Δ (0 at first) and of (g + β₂Δ)²; θ ← (θ − η(m̂ + β₂d̂) / (√n̂ + ε)) / (1 + ηλ).
  void update(ParameterStore& store, const UpdateStep& step) const override {
    const SlotNames<4> names{"mean", "difference", "square", "previous"};
    apply_rule<4>(store, setup(), step, names, [&](auto type, const GroupRates& rates) {
      using T = decltype(type);
      const double t = static_cast<double>(step.number), eta = rates.learning_rate;
      const auto start = [&](const char* beta) { return 1 - std::pow(number(beta), t); };
      const T beta1 = static_cast<T>(number("beta1")), rest1 = static_cast<T>(1 - number("beta1"));
      const T beta2 = static_cast<T>(number("beta2")), rest2 = static_cast<T>(1 - number("beta2"));
      const T beta3 = static_cast<T>(number("beta3")), rest3 = static_cast<T>(1 - number("beta3"));
      const T of_mean = static_cast<T>(eta / start("beta1"));
      const T of_difference = static_cast<T>(eta * number("beta2") / start("beta2"));
      const T root_scale = static_cast<T>(1 / std::sqrt(start("beta3")));
      const T epsilon = static_cast<T>(number("epsilon")), keep = static_cast<T>(1 / (1 + eta * rates.weight_decay));
      const T known = step.number == 1 ? 0 : 1;
      return [=](auto& parameter, const auto& gradient, auto& slots) {
        const auto change = (gradient - slots[3]) * known;
        const auto ahead = gradient + change * beta2;
        slots[0] = slots[0] * beta1 + gradient * rest1;
        slots[1] = slots[1] * beta2 + change * rest2;
        slots[2] = slots[2] * beta3 + ahead * ahead * rest3;
        slots[3] = gradient;
        const auto sigma = square_root(slots[2]) * root_scale + epsilon;
        parameter = (parameter - quotient(slots[0] * of_mean + slots[1] * of_difference, sigma)) * keep;
      };
    });
  }
};

const Registered<Adan> registered("adan", Decay::rule);

}  // namespace
}  // namespace ravine
