#include "batch_loss.h"

#include <algorithm>

namespace ravine {
namespace {

LossSpec without_smoothing(LossSpec options) {
  const auto smoothing = options.numbers.find("labelSmoothing");
  if (smoothing != options.numbers.end()) smoothing->second = 0;
  return options;
}

}  // namespace

int64_t best_class(const double* values, int64_t classes) {
  return std::max_element(values, values + classes) - values;
}

std::vector<double> class_logits(std::vector<double> outputs, int64_t outputs_per_sample) {
  if (outputs_per_sample > 1) return outputs;
  std::vector<double> logits;
  for (const double z : outputs) logits.insert(logits.end(), {0.0, z});
  return logits;
}

BatchLosses::BatchLosses(const LossSpec& options, int64_t classes, int64_t outputs)
    : classes_(classes),
      outputs_(outputs),
      training_(make_loss(options, classes)),
      judging_(make_loss(without_smoothing(options), classes)) {}

BatchLoss BatchLosses::sum(const std::vector<double>& outputs, const double* targets, double share) {
  const int64_t samples = static_cast<int64_t>(outputs.size()) / outputs_;
  const std::vector<double> logits = class_logits(outputs, outputs_);
  BatchLoss result;
  result.gradient.resize(outputs.size());
  for (int64_t i = 0; i < samples; ++i) {
    const double* target = targets + i * classes_;
    double* gradient = result.gradient.data() + i * outputs_;
    result.loss += share * training_->evaluate(outputs.data() + i * outputs_, target, gradient);
    result.correct += best_class(logits.data() + i * classes_, classes_) == best_class(target, classes_) ? 1 : 0;
    for (int64_t c = 0; c < outputs_; ++c) gradient[c] *= share;
  }
  return result;
}

double BatchLosses::judge(const double* outputs, uint16_t label) {
  std::vector<double> target(classes_), gradient(outputs_);
  target[label] = 1;
  return judging_->evaluate(outputs, target.data(), gradient.data());
}

}  // namespace ravine
