// Runs C++ on a task thread and settles a JavaScript promise with its result.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>
#include <utility>

#include "errors.h"
#include "task_thread.h"

namespace ravine {

/// An Error with the fault's code in its property `code`.
Napi::Value to_error(Napi::Env env, const EngineFault& fault);

/// Calls the JavaScript function that a task was given, from the task's thread; drops the call when Node is closing.
using Notifier = Napi::ThreadSafeFunction;

/// `compute(notifier)` runs on `thread` and touches no JavaScript; `convert(env, result)` runs on Node's thread.
/// `keep` stays alive until then: it holds the arrays that `compute` reads. `notified` may be empty.
template <class Compute, class Convert>
Napi::Value run_task(Napi::Env env, TaskThread& thread, Napi::Object keep, Napi::Function notified, Compute compute,
                     Convert convert) {
  using Result = decltype(compute(std::declval<Notifier&>()));
  struct Task {
    Napi::Promise::Deferred deferred;
    Napi::ObjectReference keep;
    Notifier notifier;
    Compute compute;
    Convert convert;
    std::optional<Result> result;
    std::optional<EngineFault> fault;
  };
  if (notified.IsEmpty()) notified = Napi::Function::New(env, [](const Napi::CallbackInfo&) {});
  Task* task = new Task{Napi::Promise::Deferred::New(env), Napi::Persistent(keep),
                        Notifier::New(env, notified, "ravine-engine", 0, 1), std::move(compute), std::move(convert),
                        std::nullopt, std::nullopt};
  const Napi::Promise promise = task->deferred.Promise();
  thread.post([task] {
    try {
      task->result = task->compute(task->notifier);
    } catch (...) {
      task->fault = current_fault();
    }
    // The task is only freed on Node's thread, where its references may be; when Node is closing it is left alone.
    Notifier notifier = task->notifier;
    notifier.BlockingCall(task, [](Napi::Env env, Napi::Function, Task* done) {
      const std::unique_ptr<Task> owner(done);
      Napi::HandleScope scope(env);
      if (done->fault) {
        done->deferred.Reject(to_error(env, *done->fault));
      } else {
        done->deferred.Resolve(done->convert(env, *done->result));
      }
    });
    notifier.Release();
  });
  return promise;
}

}  // namespace ravine
