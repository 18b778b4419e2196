// RMSProp; the specification is packages/training/src/optimizers/rmsprop.ts.
#include "fused.h"

namespace ravine {
namespace {

enum class Form { pytorch, lecture, keras };

/// Constants of one step in the number type of the loop.
template <class T>
struct Constants {
  T rate, past, share, epsilon, momentum;  // past, share: weights of the old mean of squares and of g²
};

/// σ from the mean of squares (slot 0) and, when centered, the mean (slot 1).
template <Form form, bool centered, class T, class Slots>
auto denominator(const Slots& slots, const Constants<T>& c) {
  const auto variance = [&] {
    if constexpr (centered) {
      return at_least(slots[0] - slots[1] * slots[1], 0);
    } else {
      return slots[0];
    }
  }();
  if constexpr (form == Form::keras) {
    return square_root(variance + c.epsilon);
  } else {
    return square_root(variance) + c.epsilon;
  }
}

/// `velocity` is the index of the momentum slot; −1 without momentum.
template <Form form, bool centered, int velocity, class T, class V, class Slots>
void rule(V& parameter, const V& gradient, Slots& slots, const Constants<T>& c, T past_mean, T share_mean) {
  slots[0] = slots[0] * c.past + gradient * gradient * c.share;
  if constexpr (centered) slots[1] = slots[1] * past_mean + gradient * share_mean;
  const auto sigma = denominator<form, centered>(slots, c);
  if constexpr (velocity < 0) {
    parameter = parameter - quotient(gradient, sigma) * c.rate;
  } else if constexpr (form == Form::lecture) {
    slots[velocity] = slots[velocity] * c.momentum + gradient;
    parameter = parameter - quotient(V(slots[velocity]), V(sigma)) * c.rate;
  } else if constexpr (form == Form::keras) {
    slots[velocity] = slots[velocity] * c.momentum + quotient(gradient, sigma) * c.rate;
    parameter = parameter - slots[velocity];
  } else {
    slots[velocity] = slots[velocity] * c.momentum + quotient(gradient, sigma);
    parameter = parameter - slots[velocity] * c.rate;
  }
}

class Rmsprop : public Optimizer {
 public:
  using Optimizer::Optimizer;

  void update(ParameterStore& store, const UpdateStep& step) const override {
    if (text("convention") == "lecture") return choose<Form::lecture>(store, step);
    if (text("convention") == "keras") return choose<Form::keras>(store, step);
    choose<Form::pytorch>(store, step);
  }

 private:
  template <Form form>
  void choose(ParameterStore& store, const UpdateStep& step) const {
    const bool moving = number("momentum") > 0;
    if (flag("centered")) {
      if (moving) return run<form, true, 2, 3>(store, step, {"square", "mean", "momentum"});
      return run<form, true, -1, 2>(store, step, {"square", "mean"});
    }
    if (moving) return run<form, false, 1, 2>(store, step, {"square", "momentum"});
    run<form, false, -1, 1>(store, step, {"square"});
  }

  template <Form form, bool centered, int velocity, size_t K>
  void run(ParameterStore& store, const UpdateStep& step, const SlotNames<K>& names) const {
    apply_rule<K>(store, setup(), step, names, [&](auto type, const GroupRates& rates) {
      using T = decltype(type);
      // The lecture starts from σ₀ = |g₀|.
      const bool first = form == Form::lecture && step.number == 1;
      const T alpha = static_cast<T>(number("alpha")), rest = static_cast<T>(1 - number("alpha"));
      const Constants<T> constants{static_cast<T>(rates.learning_rate), first ? T(0) : alpha, first ? T(1) : rest,
                                   static_cast<T>(number("epsilon")), static_cast<T>(number("momentum"))};
      return [=](auto& parameter, const auto& gradient, auto& slots) {
        rule<form, centered, velocity>(parameter, gradient, slots, constants, alpha, rest);
      };
    });
  }
};

const Registered<Rmsprop> registered("rmsprop", Decay::l2);

}  // namespace
}  // namespace ravine
