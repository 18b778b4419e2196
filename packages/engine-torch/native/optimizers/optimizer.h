// An optimizer applies its rule to every parameter of a store, in place.
#pragma once

#include <memory>
#include <vector>

#include "parameters.h"
#include "program.h"

namespace ravine {

struct UpdateStep {
  int64_t number = 1;         // 1 at the first step of the run
  double rate = 0;            // learning rate before the factor of a group
  double gradient_scale = 1;  // from gradient clipping
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// Reads each parameter's gradient; writes masters, copies and slots.
  virtual void update(ParameterStore& store, const UpdateStep& step) const = 0;
};

/// The slots that the rule needs must exist in the store before the first update.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerSpec& spec, const std::vector<ParameterGroup>& groups);

using Groups = std::vector<ParameterGroup>;
std::unique_ptr<Optimizer> make_sgd(const OptimizerSpec& spec, const Groups& groups);
std::unique_ptr<Optimizer> make_adagrad(const OptimizerSpec& spec, const Groups& groups);
std::unique_ptr<Optimizer> make_rmsprop(const OptimizerSpec& spec, const Groups& groups);
std::unique_ptr<Optimizer> make_adam(const OptimizerSpec& spec, const Groups& groups);
std::unique_ptr<Optimizer> make_radam(const OptimizerSpec& spec, const Groups& groups);

/// ‖g‖₂ over all gradients, summed in double precision in an order that does not depend on the thread count.
double gradient_norm(const ParameterStore& store);

}  // namespace ravine
