/* CRC32C with the processor's own instruction. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Nonzero where hf_crc32c may be called. */
int hf_crc32c_is_available(void);

/* The register after `count` bytes, from the register before: no inversion at either end. */
uint32_t hf_crc32c(uint32_t state, const void *bytes, size_t count);
