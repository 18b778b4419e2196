// JavaScript values, already checked in TypeScript, as the engine's structs.
#pragma once

#include <napi.h>

#include "session.h"

namespace ravine {

Program to_program(const Napi::Object& value);
std::vector<SlotSpec> to_slots(const Napi::Array& value);
SessionOptions to_session_options(const Napi::Object& value);
/// Points into the shards and labels: keep `value` alive.
Dataset to_dataset(const Napi::Object& value);
/// Points into the plan's arrays: keep `value` alive.
StepPlan to_plan(const Napi::Object& value);
/// Points into `indices`: keep `value` alive.
EvaluationRequest to_evaluation_request(const Napi::Object& value);
/// Points into `indices`, `images` and the draws: keep `value` alive.
LogitsRequest to_logits_request(const Napi::Object& value);

}  // namespace ravine
