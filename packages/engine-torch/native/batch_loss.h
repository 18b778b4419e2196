// The loss of a batch over the network's outputs, on the CPU in double precision: a batch has few outputs, so this costs
// nothing.
#pragma once

#include "losses/loss.h"

namespace ravine {

/// Index of the largest value; ties go to the lower index.
int64_t best_class(const double* values, int64_t classes);

/// One logit per class for each sample: an output z alone stands for (0, z).
std::vector<double> class_logits(std::vector<double> outputs, int64_t outputs_per_sample);

struct BatchLoss {
  double loss = 0;
  int32_t correct = 0;
  std::vector<double> gradient;  // [samples, outputs]
};

/// The loss of a network, as it is trained by and as it is judged by.
class BatchLosses {
 public:
  BatchLosses(const LossSpec& options, int64_t classes, int64_t outputs);

  /// Values that the network gives for each sample.
  int64_t outputs() const { return outputs_; }
  /// Σ `share` · loss over samples, and its gradient. `outputs` and `targets`, distributions over the classes, hold one
  /// row for each sample. A sample is correct when its best class is the target's.
  BatchLoss sum(const std::vector<double>& outputs, const double* targets, double share);
  /// Loss of one sample without label smoothing.
  double judge(const double* outputs, uint16_t label);

 private:
  int64_t classes_, outputs_;
  std::unique_ptr<Loss> training_, judging_;
};

}  // namespace ravine
