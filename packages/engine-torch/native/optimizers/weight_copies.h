// Second sets of weights beside those that are trained: a mean over steps, and the slow weights of Lookahead. Shares are
// decided in TypeScript, step by step.
#pragma once

#include "parameters.h"

namespace ravine {

constexpr const char* kAverage = "average";
constexpr const char* kSlow = "slow";

/// average ← average + share (weights − average), of weights and running statistics.
void average_weights(ParameterStore& store, double share);

/// slow ← slow + share (weights − slow); weights ← slow.
void look_ahead(ParameterStore& store, double share);

}  // namespace ravine
