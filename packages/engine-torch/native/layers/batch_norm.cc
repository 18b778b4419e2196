#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/native_batch_norm_backward.h>

#include "layers/layer.h"

namespace ravine {
namespace {

/// Statistics, scale and shift are in the master type also where activations are bf16.
class BatchNorm : public Layer {
 public:
  explicit BatchNorm(const LayerContext& c)
      : momentum_(c.node.momentum),
        epsilon_(c.node.epsilon),
        scale_(c.store.parameter(c.node.name + ".weight")),
        shift_(c.store.parameter(c.node.name + ".bias")),
        mean_(c.store.buffer(c.node.name + ".runningMean")),
        variance_(c.store.buffer(c.node.name + ".runningVariance")) {}

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    auto [output, mean, inverse_deviation] = at::native_batch_norm(
        inputs[0], scale_.value, shift_.value, mean_, variance_, pass.training, momentum_, epsilon_);
    if (pass.training) {
      input_ = inputs[0];
      batch_mean_ = mean;
      batch_inverse_deviation_ = inverse_deviation;
    }
    return output;
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>& wanted) override {
    auto [input, scale, shift] = at::native_batch_norm_backward(gradient, input_, scale_.value, mean_, variance_,
                                                                batch_mean_, batch_inverse_deviation_, true, epsilon_,
                                                                {wanted[0], true, true});
    scale_.gradient = scale.contiguous();
    shift_.gradient = shift.contiguous();
    input_.reset();
    return {input};
  }

 private:
  double momentum_, epsilon_;
  Parameter& scale_;
  Parameter& shift_;
  at::Tensor mean_, variance_;  // running statistics, updated in place
  at::Tensor input_, batch_mean_, batch_inverse_deviation_;
};

}  // namespace

LayerPointer make_batch_norm(const LayerContext& context) { return std::make_unique<BatchNorm>(context); }

}  // namespace ravine
