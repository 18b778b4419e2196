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

void Optimizer::set_momentum(std::optional<double> value) {
  const char* option = own_.numbers.count("momentum") > 0 ? "momentum" : "beta1";
  if (value) {
    own_.number(option);  // throws where the rule has neither
    setup_.options.numbers[option] = *value;
  } else {
    setup_.options.numbers = own_.numbers;
  }
}

std::unique_ptr<Optimizer> make_optimizer(const OptimizerSpec& spec, const Groups& groups) {
  const auto found = registry().find(spec.kind);
  if (found == registry().end()) throw unsupported("optimizer kind " + spec.kind + " is not known to this engine");
  return found->second.make({spec, groups, found->second.decay});
}

}  // namespace ravine
