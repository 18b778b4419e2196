// Rprop; the specification is packages/training/src/optimizers/rprop.ts.
#include "fused.h"

namespace ravine {
namespace {

class Rprop : public Optimizer {
 public:
  using Optimizer::Optimizer;

  /// Sizes grow where the gradient keeps its sign and shrink where it turns, where this step is left out; size 1 is η.
  void update(ParameterStore& store, const UpdateStep& step) const override {
    apply_rule<2>(store, setup(), step, {"size", "previous"}, [&](auto type, const GroupRates& rates) {
      using T = decltype(type);
      const T growth = static_cast<T>(number("grow") - 1), loss = static_cast<T>(1 - number("shrink"));
      const T rate = static_cast<T>(rates.learning_rate), one = 1;
      const bool moves = rates.learning_rate > 0;
      const double least = moves ? number("smallestStep") / rates.learning_rate : 0;
      const double most = moves ? number("largestStep") / rates.learning_rate : HUGE_VAL;
      return [=](auto& parameter, const auto& gradient, auto& slots) {
        const auto turn = sign_of(gradient) * sign_of(slots[1]);
        const auto turned = at_most(turn, 0);
        slots[0] = at_most(at_least(slots[0] * (at_least(turn, 0) * growth + one + turned * loss), least), most);
        slots[1] = gradient * (turned + one);
        parameter = parameter - sign_of(slots[1]) * slots[0] * rate;
      };
    });
  }
};

const Registered<Rprop> registered("rprop", Decay::l2);

}  // namespace
}  // namespace ravine
