// Which BLAS libtorch was given at load time; it decides the speed of fp32 linear layers.
#pragma once

#include <string>

namespace ravine {

/// e.g. "OpenBLAS 0.3.21", "MKL", or "reference (slow; …)".
std::string blas_name();
/// OpenBLAS keeps its own number of threads.
void set_blas_threads(int threads);

}  // namespace ravine
