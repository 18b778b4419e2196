// Gradient descent with momentum; the specification is packages/training/src/optimizers/sgd.ts.
#include "fused.h"

namespace ravine {
namespace {

class Sgd : public Optimizer {
 public:
  Sgd(OptimizerSpec spec, Groups groups) : spec_(std::move(spec)), groups_(std::move(groups)) {}

  void update(ParameterStore& store, const UpdateStep& step) const override {
    if (spec_.momentum == 0) return plain(store, step);
    if (spec_.convention == "lecture") return spec_.nesterov ? lecture<true>(store, step) : lecture<false>(store, step);
    spec_.nesterov ? pytorch<true>(store, step) : pytorch<false>(store, step);
  }

 private:
  void plain(ParameterStore& store, const UpdateStep& step) const {
    apply_rule<0>(store, groups_, step, {}, [](auto type, double learning_rate) {
      const auto rate = static_cast<decltype(type)>(learning_rate);
      return [=](auto& parameter, const auto& gradient, auto&) { parameter = parameter - gradient * rate; };
    });
  }

  /// m ← λm − ηg; θ ← θ + m, or θ + λm − ηg with Nesterov's look-ahead.
  template <bool nesterov>
  void lecture(ParameterStore& store, const UpdateStep& step) const {
    apply_rule<1>(store, groups_, step, {"momentum"}, [this](auto type, double learning_rate) {
      using T = decltype(type);
      const T rate = static_cast<T>(learning_rate), momentum = static_cast<T>(spec_.momentum);
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
    apply_rule<1>(store, groups_, step, {"momentum"}, [&](auto type, double learning_rate) {
      using T = decltype(type);
      const bool first = step.number == 1;
      const T rate = static_cast<T>(learning_rate), momentum = static_cast<T>(spec_.momentum);
      const T past = first ? T(0) : momentum, share = first ? T(1) : static_cast<T>(1 - spec_.dampening);
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

  OptimizerSpec spec_;
  Groups groups_;
};

}  // namespace

std::unique_ptr<Optimizer> make_sgd(const OptimizerSpec& spec, const Groups& groups) {
  return std::make_unique<Sgd>(spec, groups);
}

}  // namespace ravine
