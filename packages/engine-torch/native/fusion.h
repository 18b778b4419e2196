// Finds neighbouring nodes that one layer computes together, so that their values in between never go to memory.
#pragma once

#include <string>
#include <vector>

#include "numerics.h"
#include "program.h"

namespace ravine {

/// One layer's share of the program: a node, or a chain of nodes of which only the last one's value exists.
struct Unit {
  std::string kind;         // kinds of the nodes, joined by "+", e.g. "batch-norm+relu"
  std::vector<int> nodes;   // in order
  std::vector<int> inputs;  // nodes whose values it reads, kInput for the image: the first node's, then the others'

  int output() const { return nodes.back(); }
};

/// Windows of 2×2 side by side, for which fused layers have kernels.
bool pools_by_two(const Node& node);

/// Covers every node once, in an order in which inputs come first. Chains are found only where fused layers exist: on
/// the CPU in fp32 and bf16.
std::vector<Unit> find_units(const Program& program, const Numerics& numerics);

}  // namespace ravine
