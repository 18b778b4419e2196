// Makes gradients smaller before an update, as `gradientClip` of packages/training/src/program.ts says.
#pragma once

#include "parameters.h"
#include "program.h"

namespace ravine {

/// Returns the factor by which the update has still to scale all gradients; `norm` is that of all of them. The forms
/// that treat each parameter by itself have then changed the gradients in place.
double clip_gradients(ParameterStore& store, const ClipSpec& clip, double norm);

}  // namespace ravine
