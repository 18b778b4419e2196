// The network: runs its layers forward, and backward from the gradient of the logits.
#pragma once

#include <vector>

#include "fusion.h"
#include "layers/layer.h"

namespace ravine {

class Graph {
 public:
  Graph(const Program& program, ParameterStore& store, const Numerics& numerics);

  /// Images in the compute type → logits [batch, classes] in the compute type.
  at::Tensor forward(const at::Tensor& images, const Pass& pass);
  /// Sets the gradient of every parameter. Needs a training forward pass before it.
  void backward(const at::Tensor& logits_gradient);

 private:
  size_t node_count_;
  int output_;
  std::vector<Unit> units_;
  std::vector<LayerPointer> layers_;  // of each unit
  std::vector<int> uses_;             // how many units read the value of a node
  std::vector<bool> trains_;          // whether a gradient must reach the value of a node
};

}  // namespace ravine
