#include <cmath>

#include "losses/loss.h"

namespace ravine {
namespace {

/// −Σ s (1 − p)^γ log p; with u = s (γ p (1 − p)^(γ−1) log p − (1 − p)^γ) the gradient is u − p Σ u.
class Focal : public Loss {
 public:
  explicit Focal(LossSetup setup)
      : Loss(std::move(setup)), gamma_(number("gamma")), probabilities_(classes()) {}

  double evaluate(const double* logits, const double* target, double* gradient) override {
    const double* shares = weighted(target);
    const double normaliser = softmax(logits, classes(), probabilities_.data());
    double loss = 0, total = 0;
    for (int64_t c = 0; c < classes(); ++c) {
      const double log = logits[c] - normaliser;
      const double rest = -std::expm1(log);  // 1 − p, exact also where p is almost 1
      if (shares[c] == 0 || rest == 0) {
        gradient[c] = gamma_ == 0 ? -shares[c] : 0;
      } else {
        const double factor = std::pow(rest, gamma_);
        loss -= shares[c] * factor * log;
        gradient[c] = shares[c] * factor * (gamma_ * std::exp(log) * log / rest - 1);
      }
      total += gradient[c];
    }
    for (int64_t c = 0; c < classes(); ++c) gradient[c] -= probabilities_[c] * total;
    return loss;
  }

 private:
  double gamma_;
  std::vector<double> probabilities_;
};

const RegisteredLoss<Focal> focal("focal");

}  // namespace
}  // namespace ravine
