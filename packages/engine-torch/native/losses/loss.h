// A loss for one sample over the network's outputs, in double precision. The definition is the file of the same name in
// packages/training/src/losses/.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "program.h"

namespace ravine {

/// softmax(logits) into `probabilities`; returns log Σ exp(logits), the normaliser.
double softmax(const double* logits, int64_t classes, double* probabilities);

/// What a loss is made from.
struct LossSetup {
  LossSpec options;
  int64_t classes;
};

class Loss {
 public:
  explicit Loss(LossSetup setup) : setup_(std::move(setup)), shares_(setup_.classes) {}
  virtual ~Loss() = default;
  /// The value; sets `gradient`, of as many values as there are outputs. `target` is a distribution over the classes.
  virtual double evaluate(const double* outputs, const double* target, double* gradient) = 0;

 protected:
  int64_t classes() const { return setup_.classes; }
  double number(const char* name) const { return setup_.options.number(name); }
  /// The smoothed target times the weights of the classes; valid until the next call.
  const double* weighted(const double* target);

 private:
  LossSetup setup_;
  std::vector<double> shares_;
};

std::unique_ptr<Loss> make_loss(const LossSpec& options, int64_t classes);

using MakeLoss = std::unique_ptr<Loss> (*)(LossSetup);
void register_loss(const char* kind, MakeLoss make);

/// A constant of this type at the end of a loss's file makes the loss known under its kind.
template <class Rule>
struct RegisteredLoss {
  explicit RegisteredLoss(const char* kind) {
    register_loss(kind, [](LossSetup setup) -> std::unique_ptr<Loss> {
      return std::make_unique<Rule>(std::move(setup));
    });
  }
};

}  // namespace ravine
