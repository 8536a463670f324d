// Small helpers on raw bytes.

#if canImport(Glibc)
  import Glibc
#endif

@inline(__always)
func bytesEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
  guard a.count == b.count else { return false }
  guard let p = a.baseAddress, let q = b.baseAddress else { return a.count == 0 }
  return unsafe memcmp(p, q, a.count) == 0
}

/// Compares bytes with a literal.
@inline(__always)
func bytesEqual(_ a: UnsafeRawBufferPointer, _ literal: StaticString) -> Bool {
  guard a.count == literal.utf8CodeUnitCount, let p = a.baseAddress else { return false }
  return unsafe memcmp(p, literal.utf8Start, a.count) == 0
}
