// LAMB; the specification is packages/training/src/optimizers/lamb.ts.
#include "algebra.h"
#include "trust_ratio.h"
#include "whole_parameter.h"

namespace ravine {
namespace {

class Lamb : public Optimizer {
 public:
  using Optimizer::Optimizer;

  /// u = m̂ / (√v̂ + ε) + λθ; θ ← θ − η (‖θ‖ / ‖u‖) u.
  void update(ParameterStore& store, const UpdateStep& step) const override {
    const double t = static_cast<double>(step.number), beta1 = number("beta1"), beta2 = number("beta2");
    apply_to_whole(store, setup(), step, {"mean", "square"}, [&](WholeParameter& p) {
      p.slots[0] = running(p.slots[0], p.gradient, beta1);
      p.slots[1] = running(p.slots[1], p.gradient * p.gradient, beta2);
      const at::Tensor sigma =
          square_root(p.slots[1]) * (1 / std::sqrt(1 - std::pow(beta2, t))) + number("epsilon");
      const at::Tensor adam = quotient(p.slots[0] * (1 / (1 - std::pow(beta1, t))), sigma);
      const at::Tensor direction = adam + p.parameter * p.rates.weight_decay;
      const bool plain = is_vector(p.spec) && !flag("adaptVectors");
      const double ratio = plain ? 1 : trust_ratio(norm_of(p.parameter), norm_of(direction));
      p.parameter = p.parameter - direction * (p.rates.learning_rate * ratio);
    });
  }
};

const Registered<Lamb> registered("lamb", Decay::rule);

}  // namespace
}  // namespace ravine
