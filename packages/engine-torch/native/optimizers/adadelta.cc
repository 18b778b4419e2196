// Adadelta; the specification is packages/training/src/optimizers/adadelta.ts.
#include "fused.h"

namespace ravine {
namespace {

class Adadelta : public Optimizer {
 public:
  using Optimizer::Optimizer;

  /// v ← ρv + (1 − ρ)g²; u = √(d + ε) / √(v + ε) · g; d ← ρd + (1 − ρ)u²; θ ← θ − ηu.
  void update(ParameterStore& store, const UpdateStep& step) const override {
    apply_rule<2>(store, setup(), step, {"square", "change"}, [&](auto type, const GroupRates& rates) {
      using T = decltype(type);
      const T rho = static_cast<T>(number("rho")), rest = static_cast<T>(1 - number("rho"));
      const T rate = static_cast<T>(rates.learning_rate), epsilon = static_cast<T>(number("epsilon"));
      return [=](auto& parameter, const auto& gradient, auto& slots) {
        slots[0] = slots[0] * rho + gradient * gradient * rest;
        const auto change = quotient(square_root(slots[1] + epsilon), square_root(slots[0] + epsilon)) * gradient;
        slots[1] = slots[1] * rho + change * change * rest;
        parameter = parameter - change * rate;
      };
    });
  }
};

const Registered<Adadelta> registered("adadelta", Decay::l2);

}  // namespace
}  // namespace ravine
