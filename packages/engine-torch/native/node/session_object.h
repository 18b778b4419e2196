// The JavaScript class `Session`: one C++ session and the thread that it computes on.
#pragma once

#include <napi.h>

#include <atomic>
#include <memory>

#include "session.h"
#include "task_thread.h"

namespace ravine {

class SessionObject : public Napi::ObjectWrap<SessionObject> {
 public:
  static Napi::Function define(Napi::Env env);

  /// (program, slots, data, options)
  explicit SessionObject(const Napi::CallbackInfo& info);
  ~SessionObject() override;

 private:
  Napi::Value build(const Napi::CallbackInfo& info);
  Napi::Value train(const Napi::CallbackInfo& info);
  Napi::Value evaluate(const Napi::CallbackInfo& info);
  Napi::Value logits(const Napi::CallbackInfo& info);
  Napi::Value predict(const Napi::CallbackInfo& info);
  Napi::Value state(const Napi::CallbackInfo& info);
  Napi::Value restore(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  void abandon(const Napi::CallbackInfo& info);

  /// Stops the running call at its next boundary, drops the rest and waits.
  void end();
  static void end_with_node(void* self) { static_cast<SessionObject*>(self)->end(); }
  /// Keeps this object and the call's arguments alive.
  Napi::Object keep(const Napi::CallbackInfo& info);
  template <class Compute, class Convert>
  Napi::Value run(const Napi::CallbackInfo& info, Napi::Function notified, Compute compute, Convert convert);
  /// True when the caller set its flag (an Int32Array of one) or Node is closing.
  ShouldStop stop_when(const Napi::Value& flag);

  struct Blueprint {
    Program program;
    std::vector<SlotSpec> slots;
    Dataset data;
    SessionOptions options;
  };
  std::unique_ptr<Blueprint> blueprint_;  // until the session is built
  std::unique_ptr<Session> session_;      // touched by the thread only
  Napi::ObjectReference data_;
  std::atomic<bool> ending_{false};
  TaskThread thread_;  // last: destroyed first, so that nothing runs while the rest goes
};

}  // namespace ravine
