// Adam; the specification is packages/training/src/optimizers/adam.ts.
#include "fused.h"

namespace ravine {
namespace {

class Adam : public Optimizer {
 public:
  Adam(OptimizerSpec spec, Groups groups) : spec_(std::move(spec)), groups_(std::move(groups)) {}

  /// m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; θ ← θ − η m̂ / (√v̂ + ε).
  void update(ParameterStore& store, const UpdateStep& step) const override {
    apply_rule<2>(store, groups_, step, {"mean", "square"}, [&](auto type, double learning_rate) {
      using T = decltype(type);
      const double t = static_cast<double>(step.number);
      const T beta1 = static_cast<T>(spec_.beta1), rest1 = static_cast<T>(1 - spec_.beta1);
      const T beta2 = static_cast<T>(spec_.beta2), rest2 = static_cast<T>(1 - spec_.beta2);
      const T root_scale = static_cast<T>(1 / std::sqrt(1 - std::pow(spec_.beta2, t)));
      const T rate = static_cast<T>(learning_rate / (1 - std::pow(spec_.beta1, t)));
      const T epsilon = static_cast<T>(spec_.epsilon);
      return [=](auto& parameter, const auto& gradient, auto& slots) {
        slots[0] = slots[0] * beta1 + gradient * rest1;
        slots[1] = slots[1] * beta2 + gradient * gradient * rest2;
        const auto sigma = square_root(slots[1]) * root_scale + epsilon;
        parameter = parameter - quotient(slots[0], sigma) * rate;
      };
    });
  }

 private:
  OptimizerSpec spec_;
  Groups groups_;
};

}  // namespace

std::unique_ptr<Optimizer> make_adam(const OptimizerSpec& spec, const Groups& groups) {
  return std::make_unique<Adam>(spec, groups);
}

}  // namespace ravine
