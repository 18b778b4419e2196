// Adam, AdamW and AMSGrad; the specifications are packages/training/src/optimizers/adam.ts, adamw.ts and amsgrad.ts.
#include "fused.h"

namespace ravine {
namespace {

/// `largest`: the third slot holds the largest mean of squares so far, which divides in its place (AMSGrad).
template <bool largest>
class Adam : public Optimizer {
 public:
  using Optimizer::Optimizer;

  void update(ParameterStore& store, const UpdateStep& step) const override {
    text("convention") == "keras" ? run<true>(store, step) : run<false>(store, step);
  }

 private:
  static constexpr size_t kSlots = largest ? 3 : 2;

  /// m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; θ ← θ − η m̂ / (√v̂ + ε), or θ − η m̂ √(1 − β₂ᵗ) / (√v + ε) (keras).
  template <bool keras>
  void run(ParameterStore& store, const UpdateStep& step) const {
    SlotNames<kSlots> names{"mean", "square"};
    if constexpr (largest) names[2] = "largest";
    apply_rule<kSlots>(store, setup(), step, names, [&](auto type, const GroupRates& rates) {
      using T = decltype(type);
      const double t = static_cast<double>(step.number);
      const T beta1 = static_cast<T>(number("beta1")), rest1 = static_cast<T>(1 - number("beta1"));
      const T beta2 = static_cast<T>(number("beta2")), rest2 = static_cast<T>(1 - number("beta2"));
      const double correction = std::sqrt(1 - std::pow(number("beta2"), t));
      const double corrected = rates.learning_rate / (1 - std::pow(number("beta1"), t));
      const T rate = static_cast<T>(keras ? corrected * correction : corrected);
      const T root_scale = static_cast<T>(1 / correction);
      const T epsilon = static_cast<T>(number("epsilon"));
      return [=](auto& parameter, const auto& gradient, auto& slots) {
        slots[0] = slots[0] * beta1 + gradient * rest1;
        slots[1] = slots[1] * beta2 + gradient * gradient * rest2;
        if constexpr (largest) slots[2] = larger(slots[2], slots[1]);
        const auto root = square_root(slots[kSlots - 1]);
        if constexpr (keras) {
          parameter = parameter - quotient(slots[0], root + epsilon) * rate;
        } else {
          parameter = parameter - quotient(slots[0], root * root_scale + epsilon) * rate;
        }
      };
    });
  }
};

const Registered<Adam<false>> adam("adam", Decay::l2), adamw("adamw", Decay::decoupled);
const Registered<Adam<true>> amsgrad("amsgrad", Decay::l2);

}  // namespace
}  // namespace ravine
