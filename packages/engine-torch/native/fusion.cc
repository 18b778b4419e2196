#include "fusion.h"

#include <algorithm>

#include "layers/winograd_conv.h"

namespace ravine {
namespace {

using Chain = std::vector<std::string>;

/// What fused layers exist for; the longest chain that fits is taken.
const std::vector<Chain> kChains = {
    {"conv2d", "relu", "max-pool"},
    {"batch-norm", "relu", "max-pool"},
    {"batch-norm", "add", "relu"},
    {"batch-norm", "relu"},
    {"relu", "max-pool"},
};

/// Nodes that read each node's value; one that reads it twice counts twice.
std::vector<std::vector<int>> readers_of(const Program& program) {
  std::vector<std::vector<int>> readers(program.nodes.size());
  for (size_t i = 0; i < program.nodes.size(); ++i) {
    for (int input : program.nodes[i].inputs) {
      if (input != kInput) readers[input].push_back(static_cast<int>(i));
    }
  }
  return readers;
}

/// Whether the fused layers can compute this node in the place after the first.
bool joins(const Node& node) {
  if (node.kind == "max-pool") return pools_by_two(node);
  return node.kind != "add" || node.inputs.size() == 2;
}

class UnitFinder {
 public:
  UnitFinder(const Program& program, const Numerics& numerics)
      : program_(program), numerics_(numerics), readers_(readers_of(program)), taken_(program.nodes.size(), false) {}

  /// The chain's nodes from `first` on; empty where the program does not go on like that.
  std::vector<int> follow(int first, const Chain& chain) const {
    std::vector<int> nodes{first};
    if (program_.nodes[first].kind != chain[0] || !begins(program_.nodes[first])) return {};
    for (size_t k = 1; k < chain.size(); ++k) {
      const int last = nodes.back();
      if (last == program_.output || readers_[last].size() != 1) return {};
      const int next = readers_[last][0];
      if (taken_[next] || program_.nodes[next].kind != chain[k] || !joins(program_.nodes[next])) return {};
      nodes.push_back(next);
    }
    return nodes;
  }

  Unit take(std::vector<int> nodes) {
    Unit unit;
    for (size_t k = 0; k < nodes.size(); ++k) {
      const Node& node = program_.nodes[nodes[k]];
      unit.kind += (k == 0 ? "" : "+") + node.kind;
      taken_[nodes[k]] = true;
      for (int input : node.inputs) {
        if (k == 0 || input != nodes[k - 1]) unit.inputs.push_back(input);
      }
    }
    unit.nodes = std::move(nodes);
    return unit;
  }

  bool taken(int node) const { return taken_[node]; }

 private:
  /// Whether the fused layers can compute this node in the first place.
  bool begins(const Node& node) const {
    return node.kind != "conv2d" || pools_by_winograd(program_, node, numerics_);
  }

  const Program& program_;
  const Numerics& numerics_;
  std::vector<std::vector<int>> readers_;
  std::vector<bool> taken_;
};

}  // namespace

bool pools_by_two(const Node& node) { return node.kernel == 2 && node.stride == 2 && node.padding == 0; }

std::vector<Unit> find_units(const Program& program, const Numerics& numerics) {
  UnitFinder finder(program, numerics);
  std::vector<Unit> units;
  for (int i = 0; i < static_cast<int>(program.nodes.size()); ++i) {
    if (finder.taken(i)) continue;
    std::vector<int> nodes{i};
    for (const Chain& chain : kChains) {
      if (!numerics.has_fused_layers() || nodes.size() > 1) break;
      const std::vector<int> found = finder.follow(i, chain);
      if (!found.empty()) nodes = found;
    }
    units.push_back(finder.take(std::move(nodes)));
  }
  // The last node of a chain may need values that are computed after the chain's first node.
  std::sort(units.begin(), units.end(), [](const Unit& a, const Unit& b) { return a.output() < b.output(); });
  return units;
}

}  // namespace ravine
