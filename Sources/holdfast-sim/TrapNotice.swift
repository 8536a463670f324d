import Glibc

/// A check inside of a core that fails ends the process. The seed and the command that repeats it
/// are printed then, from a buffer that was filled before: a signal handler may not do more.
enum TrapNotice {
  private static let bytesMax = 1_024
  nonisolated(unsafe) private static let bytes =
    UnsafeMutableRawBufferPointer.allocate(byteCount: bytesMax, alignment: 1)
  nonisolated(unsafe) private static var count = 0

  static func install() {
    for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS] {
      signal(number) { _ in
        unsafe write(1, TrapNotice.bytes.baseAddress!, TrapNotice.count)
        _exit(1)
      }
    }
  }

  static func set(_ text: String) {
    let utf8 = Array(text.utf8.prefix(bytesMax))
    unsafe bytes.copyBytes(from: utf8)
    unsafe count = utf8.count
  }
}
