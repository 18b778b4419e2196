// ASGD; the specification is packages/training/src/optimizers/asgd.ts.
#include "fused.h"

namespace ravine {
namespace {

class Asgd : public Optimizer {
 public:
  using Optimizer::Optimizer;

  /// θ ← θ(1 − λη) − ηg with η = η₀ / (1 + λη₀(t − 1))^α; a ← (1 − μ)a + μθ with μ = 1 / max(1, t − 1 − t₀).
  void update(ParameterStore& store, const UpdateStep& step) const override {
    apply_rule<1>(store, setup(), step, {"average"}, [&](auto type, const GroupRates& rates) {
      using T = decltype(type);
      const double before = static_cast<double>(step.number - 1), lambda = number("lambda");
      const double eta = rates.learning_rate / std::pow(1 + lambda * rates.learning_rate * before, number("alpha"));
      const double mu = 1 / std::max(1.0, before - number("averageFrom"));
      const T keep = static_cast<T>(1 - lambda * eta), rate = static_cast<T>(eta);
      const T share = static_cast<T>(mu), past = static_cast<T>(1 - mu);
      return [=](auto& parameter, const auto& gradient, auto& slots) {
        parameter = parameter * keep - gradient * rate;
        slots[0] = slots[0] * past + parameter * share;
      };
    });
  }
};

const Registered<Asgd> registered("asgd", Decay::l2);

}  // namespace
}  // namespace ravine
