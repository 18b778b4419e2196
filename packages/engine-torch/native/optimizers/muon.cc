// Muon; the specification is packages/training/src/optimizers/muon.ts.
#include <algorithm>

#include "algebra.h"
#include "trust_ratio.h"
#include "whole_parameter.h"

namespace ravine {
namespace {

/// Newton–Schulz with Keller Jordan's quintic, on the smaller side of the matrix.
at::Tensor orthogonalized(const at::Tensor& matrix, int64_t iterations) {
  const bool tall = matrix.size(0) > matrix.size(1);
  at::Tensor x = tall ? matrix.t().contiguous() : matrix;
  x = x * (1 / std::max(norm_of(x), 1e-7));
  for (int64_t i = 0; i < iterations; ++i) {
    const at::Tensor gram = matrix_product(x, x.t());
    const at::Tensor polynomial = gram * -4.775 + matrix_product(gram, gram) * 2.0315;
    x = x * 3.4445 + matrix_product(polynomial, x);
  }
  return tall ? x.t() : x;
}

class Muon : public Optimizer {
 public:
  using Optimizer::Optimizer;

  void update(ParameterStore& store, const UpdateStep& step) const override {
    apply_to_whole(store, setup(), step, {"momentum", "mean", "square"}, [&](WholeParameter& p) {
      is_vector(p.spec) ? update_vector(p, static_cast<double>(step.number)) : update_matrix(p);
    });
  }

 private:
  /// AdamW at its own rate.
  void update_vector(WholeParameter& p, double t) const {
    const double beta1 = number("adamw.beta1"), beta2 = number("adamw.beta2");
    const double rate = p.rates.learning_rate * number("adamw.learningRateFactor");
    p.slots[1] = running(p.slots[1], p.gradient, beta1);
    p.slots[2] = running(p.slots[2], p.gradient * p.gradient, beta2);
    const at::Tensor sigma =
        square_root(p.slots[2]) * (1 / std::sqrt(1 - std::pow(beta2, t))) + number("adamw.epsilon");
    const at::Tensor change = quotient(p.slots[1] * (rate / (1 - std::pow(beta1, t))), sigma);
    p.parameter = p.parameter * (1 - rate * p.rates.weight_decay) - change;
  }

  /// m ← μm + (1 − μ)g; θ ← θ(1 − ηλ) − η s O with O the orthogonal matrix near m, or near (1 − μ)g + μm.
  void update_matrix(WholeParameter& p) const {
    const double mu = number("momentum"), eta = p.rates.learning_rate;
    p.slots[0] = running(p.slots[0], p.gradient, mu);
    const at::Tensor ahead = flag("nesterov") ? running(p.slots[0], p.gradient, mu) : p.slots[0];
    const double rows = static_cast<double>(p.spec.shape[0]), columns = static_cast<double>(p.spec.count) / rows;
    const double scale = text("scale") == "original" ? std::sqrt(std::max(1.0, rows / columns))
                                                     : 0.2 * std::sqrt(std::max(rows, columns));
    const at::Tensor matrix = ahead.contiguous().view({p.spec.shape[0], -1});
    const at::Tensor direction = orthogonalized(matrix, static_cast<int64_t>(number("iterations")));
    p.parameter = p.parameter * (1 - eta * p.rates.weight_decay) - direction.reshape(p.spec.shape) * (eta * scale);
  }
};

const Registered<Muon> registered("muon", Decay::rule);

}  // namespace
}  // namespace ravine
