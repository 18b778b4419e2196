#include "losses/loss.h"

namespace ravine {
namespace {

/// Sets errors = values − target; returns Σ errors².
double squared_error(const double* values, const double* target, int64_t classes, double* errors) {
  double loss = 0;
  for (int64_t c = 0; c < classes; ++c) {
    errors[c] = values[c] - target[c];
    loss += errors[c] * errors[c];
  }
  return loss;
}

/// Of softmax(z) = p: the gradient is 2 p_c (e_c − Σ p e) with e = p − target.
class SoftmaxSquaredError : public Loss {
 public:
  explicit SoftmaxSquaredError(LossSetup setup) : Loss(std::move(setup)), probabilities_(classes()) {}

  double evaluate(const double* logits, const double* target, double* gradient) override {
    softmax(logits, classes(), probabilities_.data());
    const double loss = squared_error(probabilities_.data(), target, classes(), gradient);
    double mean = 0;
    for (int64_t c = 0; c < classes(); ++c) mean += probabilities_[c] * gradient[c];
    for (int64_t c = 0; c < classes(); ++c) gradient[c] = 2 * probabilities_[c] * (gradient[c] - mean);
    return loss;
  }

 private:
  std::vector<double> probabilities_;
};

/// Of the outputs themselves: the gradient is 2 (z − target).
class OutputSquaredError : public Loss {
 public:
  using Loss::Loss;
  double evaluate(const double* outputs, const double* target, double* gradient) override {
    const double loss = squared_error(outputs, target, classes(), gradient);
    for (int64_t c = 0; c < classes(); ++c) gradient[c] *= 2;
    return loss;
  }
};

const RegisteredLoss<SoftmaxSquaredError> of_softmax("mse");
const RegisteredLoss<OutputSquaredError> of_outputs("mse-outputs");

}  // namespace
}  // namespace ravine
