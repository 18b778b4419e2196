// Gradient descent with momentum; the specification is packages/training/src/optimizers/sgd.ts (sgdw.ts).
#include "fused.h"

namespace ravine {
namespace {

class Sgd : public Optimizer {
 public:
  using Optimizer::Optimizer;

  void update(ParameterStore& store, const UpdateStep& step) const override {
    if (number("momentum") == 0) return plain(store, step);
    if (text("convention") == "lecture") return flag("nesterov") ? lecture<true>(store, step) : lecture<false>(store, step);
    flag("nesterov") ? pytorch<true>(store, step) : pytorch<false>(store, step);
  }

 private:
  void plain(ParameterStore& store, const UpdateStep& step) const {
    apply_rule<0>(store, setup(), step, {}, [](auto type, const GroupRates& rates) {
      const auto rate = static_cast<decltype(type)>(rates.learning_rate);
      return [=](auto& parameter, const auto& gradient, auto&) { parameter = parameter - gradient * rate; };
    });
  }

  /// m ← λm − ηg; θ ← θ + m, or θ + λm − ηg with Nesterov's look-ahead.
  template <bool nesterov>
  void lecture(ParameterStore& store, const UpdateStep& step) const {
    apply_rule<1>(store, setup(), step, {"momentum"}, [this](auto type, const GroupRates& rates) {
      using T = decltype(type);
      const T rate = static_cast<T>(rates.learning_rate), momentum = static_cast<T>(number("momentum"));
      return [=](auto& parameter, const auto& gradient, auto& slots) {
        slots[0] = slots[0] * momentum - gradient * rate;
        if constexpr (nesterov) {
          parameter = parameter + (slots[0] * momentum - gradient * rate);
        } else {
          parameter = parameter + slots[0];
        }
      };
    });
  }

  /// m ← μm + (1 − damping)g, at the first step m ← g; θ ← θ − ηm, or θ − η(g + μm) with Nesterov's look-ahead.
  template <bool nesterov>
  void pytorch(ParameterStore& store, const UpdateStep& step) const {
    apply_rule<1>(store, setup(), step, {"momentum"}, [&](auto type, const GroupRates& rates) {
      using T = decltype(type);
      const bool first = step.number == 1;
      const T rate = static_cast<T>(rates.learning_rate), momentum = static_cast<T>(number("momentum"));
      const T past = first ? T(0) : momentum, share = first ? T(1) : static_cast<T>(1 - number("dampening"));
      return [=](auto& parameter, const auto& gradient, auto& slots) {
        slots[0] = slots[0] * past + gradient * share;
        if constexpr (nesterov) {
          parameter = parameter - (gradient + slots[0] * momentum) * rate;
        } else {
          parameter = parameter - slots[0] * rate;
        }
      };
    });
  }
};

const Registered<Sgd> sgd("sgd", Decay::l2), sgdw("sgdw", Decay::decoupled);

}  // namespace
}  // namespace ravine
