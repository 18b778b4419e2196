// Activations other than ReLU, by libtorch's vectorised operations. Each keeps its input and works from it backward.
#include <ATen/ops/gelu.h>
#include <ATen/ops/gelu_backward.h>
#include <ATen/ops/hardsigmoid.h>
#include <ATen/ops/hardsigmoid_backward.h>
#include <ATen/ops/hardswish.h>
#include <ATen/ops/hardswish_backward.h>
#include <ATen/ops/hardtanh.h>
#include <ATen/ops/hardtanh_backward.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/leaky_relu_backward.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/sigmoid_backward.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/silu_backward.h>

#include <map>

#include "layers/layer.h"

namespace ravine {
namespace {

using at::Tensor;

struct Activation {
  Tensor (*forward)(const Tensor& x, const Node& node);
  Tensor (*backward)(const Tensor& gradient, const Tensor& x, const Node& node);
};

const char* form(const Node& node) { return node.tanh ? "tanh" : "none"; }

const std::map<std::string, Activation> kActivations = {
    {"leaky-relu",
     {[](const Tensor& x, const Node& n) { return at::leaky_relu(x, n.slope); },
      [](const Tensor& g, const Tensor& x, const Node& n) { return at::leaky_relu_backward(g, x, n.slope, false); }}},
    {"relu6",
     {[](const Tensor& x, const Node&) { return at::hardtanh(x, 0, 6); },
      [](const Tensor& g, const Tensor& x, const Node&) { return at::hardtanh_backward(g, x, 0, 6); }}},
    {"gelu",
     {[](const Tensor& x, const Node& n) { return at::gelu(x, form(n)); },
      [](const Tensor& g, const Tensor& x, const Node& n) { return at::gelu_backward(g, x, form(n)); }}},
    {"silu",
     {[](const Tensor& x, const Node&) { return at::silu(x); },
      [](const Tensor& g, const Tensor& x, const Node&) { return at::silu_backward(g, x); }}},
    {"hard-swish",
     {[](const Tensor& x, const Node&) { return at::hardswish(x); },
      [](const Tensor& g, const Tensor& x, const Node&) { return at::hardswish_backward(g, x); }}},
    {"sigmoid",
     {[](const Tensor& x, const Node&) { return at::sigmoid(x); },
      [](const Tensor& g, const Tensor& x, const Node&) { return at::sigmoid_backward(g, at::sigmoid(x)); }}},
    {"hard-sigmoid",
     {[](const Tensor& x, const Node&) { return at::hardsigmoid(x); },
      [](const Tensor& g, const Tensor& x, const Node&) { return at::hardsigmoid_backward(g, x); }}},
};

class ActivationLayer : public Layer {
 public:
  ActivationLayer(const LayerContext& c, const Activation& activation)
      : activation_(activation), node_(c.node), compute_(c.numerics.compute), master_(c.numerics.master) {}

  // In the master type: not every operation has a bf16 form on the CPU in every libtorch.
  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    if (pass.training) input_ = inputs[0];
    return activation_.forward(inputs[0].to(master_), node_).to(compute_);
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>&) override {
    at::Tensor input = activation_.backward(gradient.to(master_), input_.to(master_), node_).to(compute_);
    input_.reset();
    return {input};
  }

 private:
  const Activation& activation_;
  Node node_;
  at::ScalarType compute_, master_;
  at::Tensor input_;
};

}  // namespace

LayerPointer make_activation(const LayerContext& context) {
  const auto found = kActivations.find(context.kind);
  return found == kActivations.end() ? nullptr : std::make_unique<ActivationLayer>(context, found->second);
}

}  // namespace ravine
