#include "errors.h"

#include <c10/util/Exception.h>

#include <new>

namespace ravine {
namespace {

constexpr const char* kOutOfMemory = "engine_out_of_memory";

/// libtorch reports a failed allocation as an ordinary error; only its words tell which one it is.
bool speaks_of_memory(const std::string& message) {
  return message.find("out of memory") != std::string::npos ||
         message.find("can't allocate memory") != std::string::npos ||
         message.find("not enough memory") != std::string::npos;
}

}  // namespace

EngineFault current_fault() {
  try {
    throw;
  } catch (const EngineFault& fault) {
    return fault;
  } catch (const std::bad_alloc&) {
    return {kOutOfMemory, "not enough memory for this program; use a smaller batch size or a smaller network"};
  } catch (const c10::Error& error) {
    const std::string message = error.what_without_backtrace();
    return {speaks_of_memory(message) ? kOutOfMemory : "engine_failed", message};
  } catch (const std::exception& error) {
    return failed(error.what());
  } catch (...) {
    return failed("an exception of unknown type was thrown");
  }
}

}  // namespace ravine
