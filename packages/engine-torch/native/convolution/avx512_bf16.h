// Whether the compiler can make code for AVX512-BF16, and how a function asks for it. The processor is asked at run
// time, before such a function is called.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__)
#define RAVINE_HAS_AVX512_BF16 1
#define RAVINE_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")))
#include <immintrin.h>
#else
#define RAVINE_HAS_AVX512_BF16 0
#endif
