// A thread that runs tasks one after the other. Each session has its own, so that OpenMP keeps one team per session.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace ravine {

class TaskThread {
 public:
  TaskThread();
  ~TaskThread() { stop(); }
  /// Drops tasks that have not begun and waits for the running one. Nothing runs after it.
  void stop();
  void post(std::function<void()> task);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool ending_ = false;
  std::thread thread_;  // last: it starts when everything else exists
};

}  // namespace ravine
