// An optimizer applies its rule to every parameter of a store, in place.
#pragma once

#include <memory>
#include <optional>
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
};

class Optimizer {
 public:
  explicit Optimizer(Setup setup) : setup_(std::move(setup)), own_(setup_.options) {}
  virtual ~Optimizer() = default;
  /// Reads each parameter's gradient; writes masters, copies and slots.
  virtual void update(ParameterStore& store, const UpdateStep& step) const = 0;

  /// For the updates to come: option `momentum`, or `beta1` where the rule has none of that name; nothing: its own.
  void set_momentum(std::optional<double> value);

 protected:
  const Setup& setup() const { return setup_; }
  double number(const char* name) const { return setup_.options.number(name); }
  bool flag(const char* name) const { return setup_.options.flag(name); }
  const std::string& text(const char* name) const { return setup_.options.text(name); }

 private:
  Setup setup_;
  OptimizerSpec own_;  // options as they were given
};

/// The slots that the rule needs must exist in the store before the first update.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerSpec& spec, const Groups& groups);

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
