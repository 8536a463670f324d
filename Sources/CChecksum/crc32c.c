#include "crc32c.h"

#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#define HARDWARE __attribute__((target("sse4.2")))
#define STEP8(state, word) (uint32_t)_mm_crc32_u64((state), (word))
#define STEP1(state, byte) _mm_crc32_u8((state), (byte))
int hf_crc32c_is_available(void) { return __builtin_cpu_supports("sse4.2") != 0; }
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#define HARDWARE
#define STEP8(state, word) __crc32cd((state), (word))
#define STEP1(state, byte) __crc32cb((state), (byte))
int hf_crc32c_is_available(void) { return 1; }
#else
#define HARDWARE
#define STEP8(state, word) ((void)(word), (state))
#define STEP1(state, byte) ((void)(byte), (state))
int hf_crc32c_is_available(void) { return 0; }
#endif

HARDWARE uint32_t hf_crc32c(uint32_t state, const void *bytes, size_t count) {
  const unsigned char *at = bytes;
  for (; count >= 8; count -= 8, at += 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    state = STEP8(state, word);
  }
  for (; count > 0; count--, at++) state = STEP1(state, *at);
  return state;
}
