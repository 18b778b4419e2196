#include <ATen/ops/relu.h>
#include <ATen/ops/threshold_backward.h>

#include "layers/layer.h"

namespace ravine {
namespace {

class Relu : public Layer {
 public:
  explicit Relu(const LayerContext& c) : in_place_(c.may_overwrite_input) {}

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    at::Tensor output = inputs[0];
    if (in_place_) {
      at::relu_(output);
    } else {
      output = at::relu(output);
    }
    if (pass.training) output_ = output;
    return output;
  }

  Tensors backward(const at::Tensor& gradient, const std::vector<bool>&) override {
    at::Tensor input = at::threshold_backward(gradient, output_, 0);
    output_.reset();
    return {input};
  }

 private:
  bool in_place_;
  at::Tensor output_;
};

/// Stands where the layer before does the work.
class Nothing : public Layer {
 public:
  at::Tensor forward(const Tensors& inputs, const Pass&) override { return inputs[0]; }
  Tensors backward(const at::Tensor& gradient, const std::vector<bool>&) override { return {gradient}; }
};

}  // namespace

LayerPointer make_relu(const LayerContext& context) {
  if (context.relu_done) return std::make_unique<Nothing>();
  return std::make_unique<Relu>(context);
}

}  // namespace ravine
