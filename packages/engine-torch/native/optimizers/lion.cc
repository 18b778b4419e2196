// Lion; the specification is packages/training/src/optimizers/lion.ts.
#include "fused.h"

namespace ravine {
namespace {

class Lion : public Optimizer {
 public:
  using Optimizer::Optimizer;

  /// θ ← θ − η sign(β₁m + (1 − β₁)g); m ← β₂m + (1 − β₂)g.
  void update(ParameterStore& store, const UpdateStep& step) const override {
    apply_rule<1>(store, setup(), step, {"momentum"}, [&](auto type, const GroupRates& rates) {
      using T = decltype(type);
      const T beta1 = static_cast<T>(number("beta1")), rest1 = static_cast<T>(1 - number("beta1"));
      const T beta2 = static_cast<T>(number("beta2")), rest2 = static_cast<T>(1 - number("beta2"));
      const T rate = static_cast<T>(rates.learning_rate);
      return [=](auto& parameter, const auto& gradient, auto& slots) {
        parameter = parameter - sign_of(slots[0] * beta1 + gradient * rest1) * rate;
        slots[0] = slots[0] * beta2 + gradient * rest2;
      };
    });
  }
};

const Registered<Lion> registered("lion", Decay::decoupled);

}  // namespace
}  // namespace ravine
