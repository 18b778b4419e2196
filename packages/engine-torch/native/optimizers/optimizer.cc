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

std::unique_ptr<Optimizer> make_optimizer(const OptimizerSpec& spec, const Groups& groups) {
  const auto found = registry().find(spec.kind);
  if (found == registry().end()) throw unsupported("optimizer kind " + spec.kind + " is not known to this engine");
  return found->second.make({spec, groups, found->second.decay});
}

}  // namespace ravine
