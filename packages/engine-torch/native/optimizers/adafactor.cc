// Adafactor; the specification is packages/training/src/optimizers/adafactor.ts.
#include "algebra.h"
#include "trust_ratio.h"
#include "whole_parameter.h"

namespace ravine {
namespace {

class Adafactor : public Optimizer {
 public:
  using Optimizer::Optimizer;

  /// V = R C / mean(R), U = g / √V; θ ← θ(1 − ηλ) − max(ε₂, rms θ) min(η, 1/√t) U / max(1, rms(U) / d).
  void update(ParameterStore& store, const UpdateStep& step) const override {
    const double t = static_cast<double>(step.number), epsilon = number("epsilon");
    const double keep = 1 - std::pow(t, number("beta2Decay"));
    apply_to_whole(store, setup(), step, {"row", "column", "square"}, [&](WholeParameter& p) {
      const double root = std::sqrt(static_cast<double>(p.spec.count)), eta = p.rates.learning_rate;
      const at::Tensor estimate = second_moments(p, epsilon, keep);
      const at::Tensor update = quotient(p.gradient, square_root(at_least(estimate, epsilon * epsilon)));
      const double relative =
          std::max(number("smallestScale"), norm_of(p.parameter) / root) * std::min(eta, 1 / std::sqrt(t));
      const double rate = relative / std::max(1.0, norm_of(update) / (root * number("clipThreshold")));
      p.parameter = p.parameter * (1 - eta * p.rates.weight_decay) - update * rate;
    });
  }

 private:
  /// Brings the slots up to date; returns the estimate of each element's second moment. A convolution's weight is a
  /// matrix [outChannels, the rest].
  static at::Tensor second_moments(WholeParameter& p, double epsilon, double keep) {
    const at::Tensor squares = p.gradient * p.gradient;
    at::Tensor &row = p.slots[0], &column = p.slots[1], &square = p.slots[2];
    if (is_vector(p.spec)) return square = running(square, squares, keep);
    const at::Tensor matrix = squares.contiguous().view({p.spec.shape[0], -1});
    row = running(row, mean_along(matrix, 1), keep);
    column = running(column, mean_along(matrix, 0), keep);
    return quotient(row * column, at_least(mean_along(row, 0), epsilon)).view(p.spec.shape);
  }
};

const Registered<Adafactor> registered("adafactor", Decay::rule);

}  // namespace
}  // namespace ravine
