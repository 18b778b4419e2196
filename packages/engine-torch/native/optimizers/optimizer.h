// An optimizer applies its rule to every parameter of a store, in place.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "parameters.h"
#include "program.h"

namespace ravine {

struct UpdateStep {
  int64_t number = 1;         // 1 at the first step of the run
  double rate = 0;            // learning rate before the factor of a group
  double gradient_scale = 1;  // from gradient clipping
};

/// Where weight decay λ enters. l2: g ← g + λθ before the rule. decoupled: θ ← θ(1 − ηλ) before the rule. rule: the rule
/// gets λ and applies it by itself.
enum class Decay { l2, decoupled, rule };

using Groups = std::vector<ParameterGroup>;

/// What a rule is made from.
struct Setup {
  OptimizerSpec options;
  Groups groups;
  Decay decay;
  std::string momentum_option;  // that set_momentum() sets; empty: the rule has none
};

class Optimizer {
 public:
  explicit Optimizer(Setup setup);
  virtual ~Optimizer() = default;
  /// Reads each parameter's gradient; writes masters, copies and slots.
  virtual void update(ParameterStore& store, const UpdateStep& step) const = 0;

  /// For the updates to come.
  void set_momentum(double value);
  /// Back to the rule's own.
  void reset_momentum();

 protected:
  const Setup& setup() const { return setup_; }
  double number(const char* name) const { return setup_.options.number(name); }
  bool flag(const char* name) const { return setup_.options.flag(name); }
  const std::string& text(const char* name) const { return setup_.options.text(name); }

 private:
  Setup setup_;
  std::optional<double> own_momentum_;  // as it was given; none: the rule has none
};

/// The slots that the rule needs must exist in the store before the first update.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerSpec& spec, const Groups& groups,
                                          const std::string& momentum_option);

using MakeOptimizer = std::unique_ptr<Optimizer> (*)(Setup);
void register_optimizer(const char* kind, Decay decay, MakeOptimizer make);

/// A constant of this type at the end of a rule's file makes the rule known under its kind.
template <class Rule>
struct Registered {
  Registered(const char* kind, Decay decay) {
    register_optimizer(kind, decay, [](Setup setup) -> std::unique_ptr<Optimizer> {
      return std::make_unique<Rule>(std::move(setup));
    });
  }
};

/// ‖g‖₂ over all gradients, summed in double precision in an order that does not depend on the thread count.
double gradient_norm(const ParameterStore& store);

}  // namespace ravine
