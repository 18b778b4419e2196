// Combines finished images of one step two by two, and their targets alike: mixup and cutmix.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace ravine {

/// Draws of one mixing for all samples of a plan; arrays belong to the caller.
struct Mix {
  const int32_t* partners = nullptr;  // [samples], places in the plan's order
  const double* shares = nullptr;     // [samples], of the sample's own target
  const int32_t* boxes = nullptr;     // [samples × 4], top, left, height, width; null: the whole images are blended
};

/// `images` [batch, C, H, W] are dense, in `format`; the first one has place `first` in the plan.
at::Tensor mix_images(at::Tensor images, at::MemoryFormat format, const std::vector<Mix>& mixes, int64_t first);

/// Distributions over the classes, [labels.size() × classes].
std::vector<double> mixed_targets(const std::vector<uint16_t>& labels, int64_t classes, const std::vector<Mix>& mixes,
                                  int64_t first);

}  // namespace ravine
