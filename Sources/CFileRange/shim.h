/* What the Glibc module leaves out: Linux's sync of a part of a file (sync_file_range(2)). */
#pragma once

int sync_file_range(int file, long offset, long bytes, unsigned int flags);

/* Waits until the pages of the range are written. No names, sizes or caches of the disk: a whole
   sync has to follow. */
static inline int holdfast_write_back(int file, long offset, long bytes) {
  return sync_file_range(file, offset, bytes, 1 | 2 | 4);
}
