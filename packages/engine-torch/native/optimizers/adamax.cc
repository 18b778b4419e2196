// Adamax; the specification is packages/training/src/optimizers/adamax.ts.
#include "fused.h"

namespace ravine {
namespace {

class Adamax : public Optimizer {
 public:
  using Optimizer::Optimizer;

  void update(ParameterStore& store, const UpdateStep& step) const override {
    text("convention") == "keras" ? run<true>(store, step) : run<false>(store, step);
  }

 private:
  /// m ← β₁m + (1 − β₁)g; u ← max(β₂u, |g| + ε); θ ← θ − η m̂ / u. keras: ε is added to u where it divides.
  template <bool keras>
  void run(ParameterStore& store, const UpdateStep& step) const {
    apply_rule<2>(store, setup(), step, {"mean", "largest"}, [&](auto type, const GroupRates& rates) {
      using T = decltype(type);
      const double t = static_cast<double>(step.number);
      const T beta1 = static_cast<T>(number("beta1")), rest1 = static_cast<T>(1 - number("beta1"));
      const T beta2 = static_cast<T>(number("beta2")), epsilon = static_cast<T>(number("epsilon"));
      const T rate = static_cast<T>(rates.learning_rate / (1 - std::pow(number("beta1"), t)));
      return [=](auto& parameter, const auto& gradient, auto& slots) {
        slots[0] = slots[0] * beta1 + gradient * rest1;
        const auto size = magnitude(gradient);
        if constexpr (keras) {
          slots[1] = larger(slots[1] * beta2, size);
          parameter = parameter - quotient(slots[0], slots[1] + epsilon) * rate;
        } else {
          slots[1] = larger(slots[1] * beta2, size + epsilon);
          parameter = parameter - quotient(slots[0], slots[1]) * rate;
        }
      };
    });
  }
};

const Registered<Adamax> registered("adamax", Decay::l2);

}  // namespace
}  // namespace ravine
