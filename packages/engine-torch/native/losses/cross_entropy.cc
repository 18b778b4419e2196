#include <array>

#include "losses/loss.h"

namespace ravine {
namespace {

/// −Σ s log softmax(z) for the shares s; the gradient is (Σ s) softmax(z) − s.
double cross_entropy(const double* logits, const double* shares, int64_t classes, double* gradient) {
  const double normaliser = softmax(logits, classes, gradient);
  double loss = 0, total = 0;
  for (int64_t c = 0; c < classes; ++c) {
    total += shares[c];
    if (shares[c] != 0) loss += shares[c] * (normaliser - logits[c]);  // 0 · ∞ is 0 here
  }
  for (int64_t c = 0; c < classes; ++c) gradient[c] = total * gradient[c] - shares[c];
  return loss;
}

class CrossEntropy : public Loss {
 public:
  using Loss::Loss;
  double evaluate(const double* logits, const double* target, double* gradient) override {
    return cross_entropy(logits, weighted(target), classes(), gradient);
  }
};

/// Over the logits (0, z).
class BinaryCrossEntropy : public Loss {
 public:
  using Loss::Loss;
  double evaluate(const double* output, const double* target, double* gradient) override {
    const std::array<double, 2> logits{0, output[0]};
    std::array<double, 2> slopes;
    const double loss = cross_entropy(logits.data(), weighted(target), 2, slopes.data());
    gradient[0] = slopes[1];
    return loss;
  }
};

const RegisteredLoss<CrossEntropy> several("cross-entropy");
const RegisteredLoss<BinaryCrossEntropy> binary("binary-cross-entropy");

}  // namespace
}  // namespace ravine
