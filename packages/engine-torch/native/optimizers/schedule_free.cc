// Schedule-Free SGD and AdamW; the specification is packages/training/src/optimizers/schedule-free.ts.
#include "fused.h"

namespace ravine {
namespace {

/// Brings the slots `largestRate` and `weightSum` of a parameter up to date; returns the share of this step in its mean.
double share_of_step(const ParameterStore& store, const Parameter& p, double rate, double step, double power,
                     double step_power) {
  at::Tensor largest = store.slot("largestRate", p), sum = store.slot("weightSum", p);
  largest.copy_(at_least(largest, rate));
  const double weight = std::pow(step, step_power) * std::pow(largest.item<double>(), power);
  sum.copy_(sum + weight);
  const double total = sum.item<double>();
  return total == 0 ? 0 : weight / total;
}

/// gap = u − γ · step; θ ← θ − (1 − β)u + (1 − β(1 − c))gap; u ← (1 − c)gap.
template <class T>
struct MeanStep {
  T gamma, rest, all, left;

  MeanStep(double rate, double beta, double share)
      : gamma(static_cast<T>(rate)),
        rest(static_cast<T>(1 - beta)),
        all(static_cast<T>(1 - beta * (1 - share))),
        left(static_cast<T>(1 - share)) {}

  template <class A>
  void operator()(A& parameter, const A& step, A& lead) const {
    const A gap = lead - step * gamma;
    parameter = parameter - lead * rest + gap * all;
    lead = gap * left;
  }
};

class ScheduleFreeSgd : public Optimizer {
 public:
  using Optimizer::Optimizer;

  void update(ParameterStore& store, const UpdateStep& step) const override {
    const double t = static_cast<double>(step.number);
    apply_rule<1>(store, setup(), step, {"lead"}, [&](auto type, const GroupRates& rates, const Parameter& p) {
      using T = decltype(type);
      const double eta = rates.learning_rate;
      const double share = share_of_step(store, p, eta, t, number("weightPower"), number("stepPower"));
      const MeanStep<T> move(eta, number("momentum"), share);
      return [=](auto& parameter, const auto& gradient, auto& slots) { move(parameter, gradient, slots[0]); };
    });
  }
};

class ScheduleFreeAdamw : public Optimizer {
 public:
  using Optimizer::Optimizer;

  void update(ParameterStore& store, const UpdateStep& step) const override {
    const double t = static_cast<double>(step.number);
    const SlotNames<2> names{"lead", "square"};
    apply_rule<2>(store, setup(), step, names, [&](auto type, const GroupRates& rates, const Parameter& p) {
      using T = decltype(type);
      const double gamma = rates.learning_rate * std::sqrt(1 - std::pow(number("beta2"), t));
      const double share = share_of_step(store, p, gamma, t, number("weightPower"), number("stepPower"));
      const MeanStep<T> move(gamma, number("beta1"), share);
      const T beta2 = static_cast<T>(number("beta2")), rest2 = static_cast<T>(1 - number("beta2"));
      const T epsilon = static_cast<T>(number("epsilon")), decay = static_cast<T>(rates.weight_decay);
      return [=](auto& parameter, const auto& gradient, auto& slots) {
        slots[1] = slots[1] * beta2 + gradient * gradient * rest2;
        using A = std::decay_t<decltype(parameter)>;
        const A direction = quotient(gradient, square_root(slots[1]) + epsilon) + parameter * decay;
        move(parameter, direction, slots[0]);
      };
    });
  }
};

const Registered<ScheduleFreeSgd> sgd("schedule-free-sgd", Decay::l2);
const Registered<ScheduleFreeAdamw> adamw("schedule-free-adamw", Decay::rule);

}  // namespace
}  // namespace ravine
