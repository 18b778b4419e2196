#include "loss.h"

#include <algorithm>
#include <cmath>

namespace ravine {
namespace {

/// −Σ t·log p with t = (1 − s)·target + s/classes.
double cross_entropy(const double* logits, double normaliser, const double* target, int64_t classes, double smoothing) {
  const double even = smoothing / static_cast<double>(classes);
  double loss = 0;
  for (int64_t c = 0; c < classes; ++c) {
    const double share = (1 - smoothing) * target[c] + even;
    if (share != 0) loss += share * (normaliser - logits[c]);  // 0 · ∞ is 0 here
  }
  return loss;
}

/// Σ (p − target)², the sum over classes.
double squared_error(const double* probabilities, const double* target, int64_t classes) {
  double loss = 0;
  for (int64_t c = 0; c < classes; ++c) {
    const double error = probabilities[c] - target[c];
    loss += error * error;
  }
  return loss;
}

/// d/dz_c = 2 p_c (e_c − Σ_k p_k e_k) with e = p − target.
void squared_error_gradient(const double* probabilities, const double* target, int64_t classes, double* gradient) {
  double mean = 0;
  for (int64_t c = 0; c < classes; ++c) {
    gradient[c] = probabilities[c] - target[c];
    mean += probabilities[c] * gradient[c];
  }
  for (int64_t c = 0; c < classes; ++c) gradient[c] = 2 * probabilities[c] * (gradient[c] - mean);
}

}  // namespace

double softmax(const double* logits, int64_t classes, double* probabilities) {
  const double highest = *std::max_element(logits, logits + classes);
  double sum = 0;
  for (int64_t c = 0; c < classes; ++c) sum += probabilities[c] = std::exp(logits[c] - highest);
  for (int64_t c = 0; c < classes; ++c) probabilities[c] /= sum;
  return highest + std::log(sum);
}

int64_t best_class(const double* values, int64_t classes) {
  return std::max_element(values, values + classes) - values;
}

BatchLoss batch_loss(const LossSpec& spec, const double* logits, const std::vector<double>& targets, int64_t classes) {
  const int64_t batch = static_cast<int64_t>(targets.size()) / classes;
  const double share = 1.0 / static_cast<double>(batch);
  BatchLoss result;
  result.gradient.resize(batch * classes);
  std::vector<double> p(classes);
  for (int64_t i = 0; i < batch; ++i) {
    const double* z = logits + i * classes;
    const double* target = targets.data() + i * classes;
    double* gradient = result.gradient.data() + i * classes;
    const double normaliser = softmax(z, classes, p.data());
    result.correct += best_class(z, classes) == best_class(target, classes) ? 1 : 0;
    if (spec.kind == "mse") {
      result.loss += share * squared_error(p.data(), target, classes);
      squared_error_gradient(p.data(), target, classes, gradient);
    } else {
      const double smoothing = spec.label_smoothing;
      result.loss += share * cross_entropy(z, normaliser, target, classes, smoothing);
      for (int64_t c = 0; c < classes; ++c) {
        gradient[c] = p[c] - (1 - smoothing) * target[c] - smoothing / static_cast<double>(classes);
      }
    }
    for (int64_t c = 0; c < classes; ++c) gradient[c] *= share;
  }
  return result;
}

double sample_loss(const LossSpec& spec, const double* logits, uint16_t label, int64_t classes) {
  std::vector<double> p(classes), target(classes);
  target[label] = 1;
  const double normaliser = softmax(logits, classes, p.data());
  return spec.kind == "mse" ? squared_error(p.data(), target.data(), classes)
                            : cross_entropy(logits, normaliser, target.data(), classes, 0);
}

}  // namespace ravine
