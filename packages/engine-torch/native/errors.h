// Faults that cross the boundary to TypeScript as an error with a code.
#pragma once

#include <stdexcept>
#include <string>

namespace ravine {

/// A fault with one of the codes of `EngineError` in TypeScript.
class EngineFault : public std::runtime_error {
 public:
  EngineFault(const char* code, const std::string& message) : std::runtime_error(message), code_(code) {}
  const char* code() const { return code_; }

 private:
  const char* code_;
};

inline EngineFault failed(const std::string& message) { return {"engine_failed", message}; }
inline EngineFault unsupported(const std::string& message) { return {"engine_unsupported", message}; }

/// Turns whatever is being thrown (also by libtorch) into an EngineFault. Call it inside a catch block.
EngineFault current_fault();

}  // namespace ravine
