// LARS; the specification is packages/training/src/optimizers/lars.ts.
#include "algebra.h"
#include "trust_ratio.h"
#include "whole_parameter.h"

namespace ravine {
namespace {

class Lars : public Optimizer {
 public:
  using Optimizer::Optimizer;

  /// κ = τ‖θ‖ / (‖g‖ + λ‖θ‖); v ← μv + ηκ(g + λθ); θ ← θ − v.
  void update(ParameterStore& store, const UpdateStep& step) const override {
    apply_to_whole(store, setup(), step, {"momentum"}, [&](WholeParameter& p) {
      const double size = norm_of(p.parameter), decay = p.rates.weight_decay;
      const bool plain = is_vector(p.spec) && !flag("adaptVectors");
      const double ratio =
          plain ? 1 : trust_ratio(number("trustCoefficient") * size, norm_of(p.gradient) + decay * size);
      const at::Tensor decayed = p.gradient + p.parameter * decay;
      p.slots[0] = p.slots[0] * number("momentum") + decayed * (p.rates.learning_rate * ratio);
      p.parameter = p.parameter - p.slots[0];
    });
  }
};

const Registered<Lars> registered("lars", Decay::rule);

}  // namespace
}  // namespace ravine
