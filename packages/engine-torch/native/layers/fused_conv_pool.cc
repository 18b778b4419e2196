// A 3×3 convolution with the ReLU and the 2×2 max pooling behind it, in bf16 on the CPU. A tile of Winograd's algorithm
// is a window of the pooling: the convolution's output is never written, and neither is its gradient.
#include "layers/winograd_conv.h"

namespace ravine {
namespace {

class FusedConvPool : public Layer {
 public:
  explicit FusedConvPool(const LayerContext& c) : conv_(c), format_(c.numerics.format) {}

  at::Tensor forward(const Tensors& inputs, const Pass& pass) override {
    WinogradConv::Pooled pooled = conv_.forward_pooled(inputs[0]);
    if (pass.training) {
      input_ = inputs[0];
      winners_ = pooled.winners;
    }
    return pooled.values;
  }

  Tensors backward(at::Tensor gradient, const std::vector<bool>& wanted) override {
    gradient = gradient.contiguous(format_);
    conv_.set_parameter_gradients(input_, gradient, winners_);
    const at::Tensor input = wanted[0] ? conv_.input_gradient(input_, gradient, winners_) : at::Tensor();
    input_.reset();
    winners_.reset();
    return {input};
  }

 private:
  WinogradConv conv_;
  at::MemoryFormat format_;
  at::Tensor input_, winners_;
};

}  // namespace

LayerPointer make_fused_conv_pool(const LayerContext& context) { return std::make_unique<FusedConvPool>(context); }

}  // namespace ravine
