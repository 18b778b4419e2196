// Size of a parameter against the size of its step.
#pragma once

#include "parameters.h"

namespace ravine {

/// 1 where either is 0: nothing can be said then.
inline double trust_ratio(double parameter, double step) { return parameter == 0 || step == 0 ? 1 : parameter / step; }

/// Biases, scales and shifts: parameters that are no matrix.
inline bool is_vector(const Parameter& p) { return p.shape.size() < 2; }

}  // namespace ravine
