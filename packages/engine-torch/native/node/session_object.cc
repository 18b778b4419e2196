#include "node/session_object.h"

#include <c10/core/InferenceMode.h>

#include "node/arrays.h"
#include "node/convert.h"
#include "node/promise_task.h"

namespace ravine {
namespace {

/// Result of a task that has none.
struct Nothing {};

Napi::Value to_undefined(Napi::Env env, Nothing&) { return env.Undefined(); }

Napi::Value to_stats(Napi::Env env, StepStats& stats) {
  Napi::Object result = Napi::Object::New(env);
  result["losses"] = to_array(env, std::move(stats.losses));
  result["correct"] = to_array(env, std::move(stats.correct));
  result["gradientNorms"] = to_array(env, std::move(stats.gradient_norms));
  result["nonFinite"] = stats.non_finite == nullptr ? env.Null() : Napi::String::New(env, stats.non_finite);
  return result;
}

Napi::Value to_results(Napi::Env env, SampleResults& results) {
  Napi::Object result = Napi::Object::New(env);
  result["losses"] = to_array(env, std::move(results.losses));
  result["ranked"] = to_array(env, std::move(results.ranked));
  result["probabilities"] = to_array(env, std::move(results.probabilities));
  result["stopped"] = Napi::Boolean::New(env, results.stopped);
  return result;
}

Napi::Value to_arrays(Napi::Env env, std::vector<NamedArray>& arrays) {
  Napi::Array result = Napi::Array::New(env, arrays.size());
  for (uint32_t i = 0; i < arrays.size(); ++i) {
    Napi::Array shape = Napi::Array::New(env, arrays[i].shape.size());
    for (uint32_t d = 0; d < arrays[i].shape.size(); ++d) shape[d] = static_cast<double>(arrays[i].shape[d]);
    Napi::Object item = Napi::Object::New(env);
    item["name"] = arrays[i].name;
    item["shape"] = shape;
    item["data"] = to_array(env, arrays[i].data);
    result[i] = item;
  }
  return result;
}

}  // namespace

Napi::Function SessionObject::define(Napi::Env env) {
  return DefineClass(env, "Session",
                     {InstanceMethod("build", &SessionObject::build), InstanceMethod("train", &SessionObject::train),
                      InstanceMethod("evaluate", &SessionObject::evaluate),
                      InstanceMethod("logits", &SessionObject::logits),
                      InstanceMethod("predict", &SessionObject::predict), InstanceMethod("state", &SessionObject::state),
                      InstanceMethod("restore", &SessionObject::restore),
                      InstanceMethod("close", &SessionObject::close),
                      InstanceMethod("abandon", &SessionObject::abandon)});
}

SessionObject::SessionObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SessionObject>(info) {
  blueprint_ = std::make_unique<Blueprint>(
      Blueprint{to_program(info[0].As<Napi::Object>()),
                to_slots(info[1].As<Napi::Array>()),
                to_dataset(info[2].As<Napi::Object>()),
                to_session_options(info[3].As<Napi::Object>())});
  data_ = Napi::Persistent(info[2].As<Napi::Object>());
  // A terminated worker thread ends this way; the thread must not outlive the functions that it calls back.
  napi_add_env_cleanup_hook(info.Env(), end_with_node, this);
}

SessionObject::~SessionObject() {
  napi_remove_env_cleanup_hook(Env(), end_with_node, this);
  ending_ = true;
}

void SessionObject::end() {
  ending_ = true;
  thread_.stop();
}

void SessionObject::abandon(const Napi::CallbackInfo&) { end(); }

Napi::Object SessionObject::keep(const Napi::CallbackInfo& info) {
  Napi::Array kept = Napi::Array::New(info.Env());
  kept[0u] = Value();
  for (uint32_t i = 0; i < info.Length(); ++i) kept[i + 1] = info[i];
  return kept;
}

template <class Compute, class Convert>
Napi::Value SessionObject::run(const Napi::CallbackInfo& info, Napi::Function notified, Compute compute,
                               Convert convert) {
  return run_task(
      info.Env(), thread_, keep(info), notified,
      [this, compute](Notifier& notifier) {
        const c10::InferenceMode no_autograd;
        return compute(notifier);
      },
      convert);
}

ShouldStop SessionObject::stop_when(const Napi::Value& flag) {
  const int32_t* word = flag.As<Napi::Int32Array>().Data();
  return [this, word] { return ending_ || __atomic_load_n(word, __ATOMIC_RELAXED) != 0; };
}

Napi::Value SessionObject::build(const Napi::CallbackInfo& info) {
  const auto compute = [this](Notifier&) {
    session_ = std::make_unique<Session>(blueprint_->program, blueprint_->data, blueprint_->options);
    session_->add_slots(blueprint_->slots);
    blueprint_.reset();
    return Nothing{};
  };
  return run(info, {}, compute, to_undefined);
}

Napi::Value SessionObject::train(const Napi::CallbackInfo& info) {
  struct Report {
    int64_t steps;
    double loss;
  };
  const auto compute = [this, plan = to_plan(info[0].As<Napi::Object>()), stop = stop_when(info[1])](Notifier& notifier) {
    session_->enter();
    return session_->train(plan, stop, [&](int64_t steps, double loss) {
      auto report = std::make_unique<Report>(Report{steps, loss});
      const auto call = [](Napi::Env env, Napi::Function callback, Report* r) {
        const std::unique_ptr<Report> owner(r);
        callback.Call({Napi::Number::New(env, static_cast<double>(r->steps)), Napi::Number::New(env, r->loss)});
      };
      if (notifier.NonBlockingCall(report.get(), call) == napi_ok) report.release();
    });
  };
  return run(info, info[2].As<Napi::Function>(), compute, to_stats);
}

Napi::Value SessionObject::evaluate(const Napi::CallbackInfo& info) {
  const auto compute = [this, request = to_evaluation_request(info[0].As<Napi::Object>()),
                        stop = stop_when(info[1])](Notifier&) {
    session_->enter();
    return session_->evaluate(request, stop);
  };
  return run(info, {}, compute, to_results);
}

Napi::Value SessionObject::logits(const Napi::CallbackInfo& info) {
  const auto compute = [this, request = to_logits_request(info[0].As<Napi::Object>()),
                        stop = stop_when(info[1])](Notifier&) {
    session_->enter();
    return session_->logits(request, stop);
  };
  return run(info, {}, compute, [](Napi::Env env, Logits& logits) -> Napi::Value {
    Napi::Object result = Napi::Object::New(env);
    result["values"] = to_array(env, std::move(logits.values));
    result["stopped"] = Napi::Boolean::New(env, logits.stopped);
    return result;
  });
}

Napi::Value SessionObject::predict(const Napi::CallbackInfo& info) {
  const auto compute = [this, images = info[0].As<Napi::Uint8Array>().Data(),
                        count = info[1].As<Napi::Number>().Int64Value()](Notifier&) {
    session_->enter();
    return session_->predict(images, count);
  };
  return run(info, {}, compute, [](Napi::Env env, std::vector<float>& probabilities) -> Napi::Value {
    return to_array(env, std::move(probabilities));
  });
}

Napi::Value SessionObject::state(const Napi::CallbackInfo& info) {
  return run(info, {}, [this](Notifier&) { return session_->state(); }, to_arrays);
}

Napi::Value SessionObject::restore(const Napi::CallbackInfo& info) {
  std::map<std::string, const void*> arrays;
  const Napi::Object values = info[0].As<Napi::Object>();
  for (const auto& [name, value] : values) {
    const Napi::TypedArray array = Napi::Value(value).As<Napi::TypedArray>();
    const void*& data = arrays[name.As<Napi::String>().Utf8Value()];
    if (array.TypedArrayType() == napi_float64_array) {
      data = array.As<Napi::Float64Array>().Data();
    } else {
      data = array.As<Napi::Float32Array>().Data();
    }
  }
  const auto compute = [this, arrays = std::move(arrays)](Notifier&) {
    session_->restore([&](const std::string& name) -> const void* {
      const auto found = arrays.find(name);
      return found == arrays.end() ? nullptr : found->second;
    });
    return Nothing{};
  };
  return run(info, {}, compute, to_undefined);
}

Napi::Value SessionObject::close(const Napi::CallbackInfo& info) {
  const auto compute = [this](Notifier&) {
    session_.reset();
    return Nothing{};
  };
  // Only now: a training call that was still running read the images until its last step.
  return run(info, {}, compute, [this](Napi::Env env, Nothing&) {
    data_.Reset();
    return env.Undefined();
  });
}

}  // namespace ravine
