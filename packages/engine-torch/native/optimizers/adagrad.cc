// AdaGrad; the specification is packages/training/src/optimizers/adagrad.ts.
#include "fused.h"

namespace ravine {
namespace {

class Adagrad : public Optimizer {
 public:
  using Optimizer::Optimizer;

  void update(ParameterStore& store, const UpdateStep& step) const override {
    text("convention") == "keras" ? run<true>(store, step) : run<false>(store, step);
  }

 private:
  /// S ← S + g²; θ ← θ − ηg/σ with σ = √S + ε, √(S/t) + ε (lecture) or √(S + ε) (keras: epsilon inside the root).
  template <bool inside>
  void run(ParameterStore& store, const UpdateStep& step) const {
    apply_rule<1>(store, setup(), step, {"sum"}, [&](auto type, const GroupRates& rates) {
      using T = decltype(type);
      const double t = static_cast<double>(step.number);
      const T rate = static_cast<T>(rates.learning_rate / (1 + (t - 1) * number("learningRateDecay")));
      const T epsilon = static_cast<T>(number("epsilon"));
      const T share = static_cast<T>(text("convention") == "lecture" ? 1 / t : 1.0);
      return [=](auto& parameter, const auto& gradient, auto& slots) {
        slots[0] = slots[0] + gradient * gradient;
        if constexpr (inside) {
          parameter = parameter - quotient(gradient, square_root(slots[0] + epsilon)) * rate;
        } else {
          parameter = parameter - quotient(gradient, square_root(slots[0] * share) + epsilon) * rate;
        }
      };
    });
  }
};

const Registered<Adagrad> registered("adagrad", Decay::l2);

}  // namespace
}  // namespace ravine
