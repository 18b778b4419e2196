// The gradient of a batch that is computed in pieces.
#pragma once

#include <vector>

#include "parameters.h"

namespace ravine {

class GradientSum {
 public:
  /// Takes the gradients of the store, which then has none, and adds them in the masters' type.
  void take(ParameterStore& store);
  /// Gives the store the sums.
  void give(ParameterStore& store);

 private:
  std::vector<at::Tensor> sums_;
};

}  // namespace ravine
