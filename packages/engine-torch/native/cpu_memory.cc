#include "cpu_memory.h"

#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace ravine {
namespace {

constexpr uintptr_t kAlignment = 64;  // libtorch's own

/// Takes more and aligns within it. What was taken is kept in front of what is given.
class AlignedWithin : public at::Allocator {
 public:
  at::DataPtr allocate(size_t bytes) const override {
    if (bytes == 0) return {nullptr, nullptr, give_back, at::Device(at::kCPU)};
    void* const taken = bytes + kAlignment > bytes ? std::malloc(bytes + kAlignment) : nullptr;
    TORCH_CHECK(taken != nullptr, "can't allocate memory: you tried to allocate ", bytes, " bytes.");
    static_assert(alignof(std::max_align_t) >= sizeof taken, "there is room for a pointer in front");
    const uintptr_t aligned = (reinterpret_cast<uintptr_t>(taken) / kAlignment + 1) * kAlignment;
    void* const given = reinterpret_cast<void*>(aligned);
    static_cast<void**>(given)[-1] = taken;
    return {given, given, give_back, at::Device(at::kCPU)};
  }

  at::DeleterFnPtr raw_deleter() const override { return give_back; }

 private:
  static void give_back(void* given) {
    if (given != nullptr) std::free(static_cast<void**>(given)[-1]);
  }
};

}  // namespace

void reuse_freed_memory() {
  static AlignedWithin allocator;
  constexpr uint8_t kAboveLibtorch = 1;
  c10::SetCPUAllocator(&allocator, kAboveLibtorch);
}

}  // namespace ravine
