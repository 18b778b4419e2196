// Losses over logits on the CPU, in double precision: a batch has few classes, so this costs nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "program.h"

namespace ravine {

/// softmax(logits) into `probabilities`; returns log Σ exp(logits), the normaliser.
double softmax(const double* logits, int64_t classes, double* probabilities);

/// Index of the largest value; ties go to the lower index.
int64_t best_class(const double* values, int64_t classes);

struct BatchLoss {
  double loss = 0;  // mean over the batch
  int32_t correct = 0;
  std::vector<double> gradient;  // [batch, classes], of the mean
};

/// `logits` and `targets`, distributions over the classes, are [batch, classes]. A sample is correct when its best class
/// is the target's.
BatchLoss batch_loss(const LossSpec& spec, const double* logits, const std::vector<double>& targets, int64_t classes);

/// Loss of one sample without label smoothing.
double sample_loss(const LossSpec& spec, const double* logits, uint16_t label, int64_t classes);

}  // namespace ravine
