#include "loss.h"

#include <algorithm>
#include <cmath>

namespace ravine {
namespace {

/// −Σ t·log p with t = (1 − s)·onehot + s/classes. d/dz = p − t.
double cross_entropy(const double* logits, double normaliser, uint16_t label, int64_t classes, double smoothing) {
  double loss = (1 - smoothing) * (normaliser - logits[label]);
  if (smoothing > 0) {
    double sum = 0;
    for (int64_t c = 0; c < classes; ++c) sum += normaliser - logits[c];
    loss += smoothing / static_cast<double>(classes) * sum;
  }
  return loss;
}

/// Σ (p − onehot)², the sum over classes.
double squared_error(const double* probabilities, uint16_t label, int64_t classes) {
  double loss = 0;
  for (int64_t c = 0; c < classes; ++c) {
    const double error = probabilities[c] - (c == label ? 1 : 0);
    loss += error * error;
  }
  return loss;
}

/// d/dz_c = 2 p_c (e_c − Σ_k p_k e_k) with e = p − onehot.
void squared_error_gradient(const double* probabilities, uint16_t label, int64_t classes, double* gradient) {
  double mean = 0;
  for (int64_t c = 0; c < classes; ++c) {
    gradient[c] = probabilities[c] - (c == label ? 1 : 0);
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

BatchLoss batch_loss(const LossSpec& spec, const double* logits, const std::vector<uint16_t>& labels, int64_t classes) {
  const size_t batch = labels.size();
  const double share = 1.0 / static_cast<double>(batch);
  BatchLoss result;
  result.gradient.resize(batch * classes);
  std::vector<double> p(classes);
  for (size_t i = 0; i < batch; ++i) {
    const double* z = logits + i * classes;
    double* gradient = result.gradient.data() + i * classes;
    const double normaliser = softmax(z, classes, p.data());
    result.correct += best_class(z, classes) == labels[i] ? 1 : 0;
    if (spec.kind == "mse") {
      result.loss += share * squared_error(p.data(), labels[i], classes);
      squared_error_gradient(p.data(), labels[i], classes, gradient);
    } else {
      const double smoothing = spec.label_smoothing;
      result.loss += share * cross_entropy(z, normaliser, labels[i], classes, smoothing);
      for (int64_t c = 0; c < classes; ++c) {
        gradient[c] = p[c] - (c == labels[i] ? 1 - smoothing : 0) - smoothing / static_cast<double>(classes);
      }
    }
    for (int64_t c = 0; c < classes; ++c) gradient[c] *= share;
  }
  return result;
}

double sample_loss(const LossSpec& spec, const double* logits, uint16_t label, int64_t classes) {
  std::vector<double> p(classes);
  const double normaliser = softmax(logits, classes, p.data());
  return spec.kind == "mse" ? squared_error(p.data(), label, classes)
                            : cross_entropy(logits, normaliser, label, classes, 0);
}

}  // namespace ravine
