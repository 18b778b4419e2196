// AdaGrad; the specification is packages/training/src/optimizers/adagrad.ts.
#include "fused.h"

namespace ravine {
namespace {

class Adagrad : public Optimizer {
 public:
  Adagrad(OptimizerSpec spec, Groups groups) : spec_(std::move(spec)), groups_(std::move(groups)) {}

  void update(ParameterStore& store, const UpdateStep& step) const override {
    spec_.convention == "keras" ? run<true>(store, step) : run<false>(store, step);
  }

 private:
  /// S ← S + g²; θ ← θ − ηg/σ with σ = √S + ε, √(S/t) + ε (lecture) or √(S + ε) (keras: epsilon inside the root).
  template <bool inside>
  void run(ParameterStore& store, const UpdateStep& step) const {
    apply_rule<1>(store, groups_, step, {"sum"}, [&](auto type, double learning_rate) {
      using T = decltype(type);
      const T rate = static_cast<T>(learning_rate), epsilon = static_cast<T>(spec_.epsilon);
      const T share = static_cast<T>(spec_.convention == "lecture" ? 1.0 / static_cast<double>(step.number) : 1.0);
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

  OptimizerSpec spec_;
  Groups groups_;
};

}  // namespace

std::unique_ptr<Optimizer> make_adagrad(const OptimizerSpec& spec, const Groups& groups) {
  return std::make_unique<Adagrad>(spec, groups);
}

}  // namespace ravine
