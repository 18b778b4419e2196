// Normal noise on gradients; the draws are `gradientNormal` of packages/training/src/random.ts.
#pragma once

#include "parameters.h"
#include "philox.h"

namespace ravine {

/// g ← scale · g + deviation · n with n standard normal, of each element of each parameter.
void add_gradient_noise(ParameterStore& store, double scale, double deviation, PhiloxKey key);

}  // namespace ravine
