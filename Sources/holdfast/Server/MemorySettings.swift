import CMalloc

/// How the C library's allocator treats memory that comes back.
enum MemorySettings {
  /// A server's buffers come and go with every burst. By default the allocator gives the end of its
  /// heap back to the system each time and asks for it again, a system call or two a burst.
  static func keepFreedMemory() {
    mallopt(M_TOP_PAD, 4 << 20)
    mallopt(M_TRIM_THRESHOLD, 64 << 20)
    mallopt(M_MMAP_THRESHOLD, 4 << 20)
  }
}
