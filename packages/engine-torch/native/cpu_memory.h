// Memory of tensors on the CPU.
#pragma once

namespace ravine {

/// From now on tensors take their memory in a way that lets blocks of the same size follow each other in the same place.
/// libtorch asks glibc for aligned blocks, and glibc (before 2.38) finds one in a free block only if that is larger by the
/// alignment and more: what one step frees does not suit the next one, and a process holds up to a fifth more.
void reuse_freed_memory();

}  // namespace ravine
