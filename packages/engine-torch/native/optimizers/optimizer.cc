#include "optimizer.h"

#include <map>

#include "errors.h"

namespace ravine {
namespace {

struct Entry {
  Decay decay;
  MakeOptimizer make;
};

/// In a function: the constants that fill it may be built before any variable of this file.
std::map<std::string, Entry>& registry() {
  static std::map<std::string, Entry> entries;
  return entries;
}

}  // namespace

void register_optimizer(const char* kind, Decay decay, MakeOptimizer make) { registry()[kind] = {decay, make}; }

Optimizer::Optimizer(Setup setup) : setup_(std::move(setup)) {
  if (!setup_.momentum_option.empty()) own_momentum_ = setup_.options.number(setup_.momentum_option);
}

void Optimizer::set_momentum(double value) {
  if (!own_momentum_) throw unsupported(setup_.options.kind + " has no momentum to set");
  setup_.options.numbers[setup_.momentum_option] = value;
}

void Optimizer::reset_momentum() {
  if (own_momentum_) set_momentum(*own_momentum_);
}

std::unique_ptr<Optimizer> make_optimizer(const OptimizerSpec& spec, const Groups& groups,
                                          const std::string& momentum_option) {
  const auto found = registry().find(spec.kind);
  if (found == registry().end()) throw unsupported("optimizer kind " + spec.kind + " is not known to this engine");
  return found->second.make({spec, groups, found->second.decay, momentum_option});
}

}  // namespace ravine
