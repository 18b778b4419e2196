#include "graph.h"

#include <ATen/TensorOperators.h>

#include <algorithm>

#include "errors.h"

namespace ravine {
namespace {

/// These layers return fresh memory and never look at it again, so a ReLU after them may work in place.
bool leaves_its_output_alone(const std::string& kind) {
  return kind == "conv2d" || kind == "batch-norm" || kind == "linear" || kind == "add";
}

bool has_parameters(const Node& node) {
  return node.kind == "conv2d" || node.kind == "linear" || node.kind == "batch-norm";
}

}  // namespace

Graph::Graph(const Program& program, ParameterStore& store, const Numerics& numerics) : program_(program) {
  const size_t count = program.nodes.size();
  uses_.assign(count, 0);
  trains_.assign(count, false);
  for (size_t i = 0; i < count; ++i) {
    trains_[i] = has_parameters(program.nodes[i]);
    for (int input : program.nodes[i].inputs) {
      if (input == kInput) continue;
      ++uses_[input];
      trains_[i] = trains_[i] || trains_[input];
    }
  }
  // The ReLU that alone reads a value, −1 where there is none.
  std::vector<int> relu_after(count, -1);
  for (size_t i = 0; i < count; ++i) {
    const int source = program.nodes[i].inputs[0];
    const bool alone = source != kInput && source != program.output && uses_[source] == 1;
    if (alone && program.nodes[i].kind == "relu") relu_after[source] = static_cast<int>(i);
  }
  for (size_t i = 0; i < count; ++i) {
    const Node& node = program.nodes[i];
    const int source = node.inputs[0];
    const bool follows_alone = source != kInput && relu_after[source] == static_cast<int>(i);
    const std::string before = source == kInput ? "" : program.nodes[source].kind;
    const bool done = follows_alone && before == "batch-norm" && batch_norm_takes_relu(numerics);
    const bool overwrites = follows_alone && leaves_its_output_alone(before);
    layers_.push_back(
        make_layer({node, static_cast<int>(i), store, numerics, overwrites, relu_after[i] >= 0, done}));
  }
}

at::Tensor Graph::forward(const at::Tensor& images, const Pass& pass) {
  Tensors values(program_.nodes.size());
  std::vector<int> left = uses_;
  for (size_t i = 0; i < values.size(); ++i) {
    Tensors inputs;
    for (int input : program_.nodes[i].inputs) inputs.push_back(input == kInput ? images : values[input]);
    values[i] = layers_[i]->forward(inputs, pass);
    for (int input : program_.nodes[i].inputs) {
      if (input != kInput && --left[input] == 0 && input != program_.output) values[input].reset();
    }
  }
  return values[program_.output];
}

void Graph::backward(const at::Tensor& logits_gradient) {
  Tensors gradients(program_.nodes.size());
  gradients[program_.output] = logits_gradient;
  for (size_t at = program_.nodes.size(); at-- > 0;) {
    const Node& node = program_.nodes[at];
    if (!gradients[at].defined() || !trains_[at]) continue;
    std::vector<bool> wanted;
    for (int input : node.inputs) wanted.push_back(input != kInput && trains_[input]);
    const Tensors inputs = layers_[at]->backward(gradients[at], wanted);
    gradients[at].reset();
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (!wanted[i]) continue;
      at::Tensor& sum = gradients[node.inputs[i]];
      sum = sum.defined() ? sum + inputs[i] : inputs[i];
    }
  }
}

}  // namespace ravine
