// A 3×3 convolution of a network by Winograd's algorithm, on the CPU, with its weights and their gradients.
#pragma once

#include "convolution/winograd.h"
#include "layers/layer.h"

namespace ravine {

/// The sizes of a node's convolution of these images.
ConvSizes conv_sizes(const Node& node, const at::Tensor& images);

class WinogradConv {
 public:
  explicit WinogradConv(const LayerContext& context);

  /// Whether it computes this node's convolution of these images.
  bool suits(const at::Tensor& images) const;

  at::Tensor forward(const at::Tensor& images) const;

  /// What ReLU and 2×2 max pooling make of it in bf16, and which pixel of each window that was (kNoWinner: none).
  struct Pooled {
    at::Tensor values, winners;
  };
  Pooled forward_pooled(const at::Tensor& images) const;

  /// The gradient of the images from that of the output; `winners` where it is behind ReLU and pooling
  /// (bf16).
  at::Tensor input_gradient(const at::Tensor& images, const at::Tensor& gradient, const at::Tensor& winners) const;
  void set_parameter_gradients(const at::Tensor& images, const at::Tensor& gradient, const at::Tensor& winners);

 private:
  Node node_;
  const Numerics numerics_;
  Parameter& weight_;
  Parameter* bias_;
};

/// Gives a parameter memory for its gradient in fp32, once: what is allocated anew in each step, between activations that
/// are being freed, leaves holes.
float* own_gradient(Parameter& parameter);

/// Whether a convolution, with the ReLU and the 2×2 max pooling behind it, can be computed as one layer: in bf16.
bool pools_by_winograd(const Program& program, const Node& convolution, const Numerics& numerics);

}  // namespace ravine
