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

  Tensors backward(at::Tensor gradient, const std::vector<bool>&) override {
    at::Tensor input = at::threshold_backward(gradient, output_, 0);
    output_.reset();
    return {input};
  }

 private:
  bool in_place_;
  at::Tensor output_;
};

}  // namespace

LayerPointer make_relu(const LayerContext& context) { return std::make_unique<Relu>(context); }

}  // namespace ravine
