#include "graph.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <set>

#include "errors.h"

namespace ravine {
namespace {

/// Layers that return fresh memory and never look at it again, so that the next one may work in place.
bool leaves_its_output_alone(const std::string& kind) {
  return kind == "conv2d" || kind == "conv2d+relu+max-pool" || kind == "linear" || kind == "add" || kind == "batch-norm" || kind == "batch-norm+relu" ||
         kind == "batch-norm+relu+max-pool";
}

/// Names of the nodes that a parameter belongs to.
std::set<std::string> nodes_with_parameters(const Program& program) {
  std::set<std::string> names;
  for (const ParameterSpec& spec : program.parameters) names.insert(spec.name.substr(0, spec.name.rfind('.')));
  return names;
}

}  // namespace

Graph::Graph(const Program& program, ParameterStore& store, const Numerics& numerics)
    : node_count_(program.nodes.size()),
      output_(program.output),
      units_(find_units(program, numerics)),
      uses_(node_count_, 0),
      trains_(node_count_, false) {
  std::vector<std::string> made_by(node_count_);  // kind of the unit that gives the value of a node
  const std::set<std::string> learning = nodes_with_parameters(program);
  for (const Unit& unit : units_) {
    made_by[unit.output()] = unit.kind;
    trains_[unit.output()] = std::any_of(unit.nodes.begin(), unit.nodes.end(),
                                         [&](int at) { return learning.count(program.nodes[at].name) > 0; });
    for (int input : unit.inputs) {
      if (input == kInput) continue;
      ++uses_[input];
      if (trains_[input]) trains_[unit.output()] = true;
    }
  }
  for (const Unit& unit : units_) {
    const int source = unit.inputs[0];
    const bool alone = source != kInput && source != output_ && uses_[source] == 1;
    const int first = unit.nodes[0];
    layers_.push_back(make_layer({unit.kind, program.nodes[first], first, store, numerics,
                                  alone && leaves_its_output_alone(made_by[source])}));
  }
}

at::Tensor Graph::forward(const at::Tensor& images, const Pass& pass) {
  Tensors values(node_count_);
  std::vector<int> left = uses_;
  for (size_t i = 0; i < units_.size(); ++i) {
    Tensors inputs;
    for (int input : units_[i].inputs) inputs.push_back(input == kInput ? images : values[input]);
    for (int input : units_[i].inputs) {
      if (input != kInput && --left[input] == 0 && input != output_) values[input].reset();
    }
    values[units_[i].output()] = layers_[i]->forward(std::move(inputs), pass);
  }
  return values[output_];
}

void Graph::backward(const at::Tensor& logits_gradient) {
  Tensors gradients(node_count_);
  gradients[output_] = logits_gradient;
  for (size_t i = units_.size(); i-- > 0;) {
    const Unit& unit = units_[i];
    if (!gradients[unit.output()].defined() || !trains_[unit.output()]) continue;
    std::vector<bool> wanted;
    for (int input : unit.inputs) wanted.push_back(input != kInput && trains_[input]);
    const Tensors inputs = layers_[i]->backward(std::move(gradients[unit.output()]), wanted);
    for (size_t k = 0; k < wanted.size(); ++k) {
      if (!wanted[k]) continue;
      at::Tensor& sum = gradients[unit.inputs[k]];
      if (!sum.defined()) {
        sum = inputs[k];
      } else if (is_sole_owner(sum)) {
        sum.add_(inputs[k]);
      } else {
        sum = sum + inputs[k];
      }
    }
  }
}

}  // namespace ravine
