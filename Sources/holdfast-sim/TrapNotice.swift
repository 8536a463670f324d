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
      signal(number) { number in
        unsafe write(1, TrapNotice.bytes.baseAddress!, TrapNotice.count)
        TrapNotice.say(number)
        _exit(1)
      }
    }
  }

  /// Which signal it was, in two digits.
  private static func say(_ number: Int32) {
    var text: (UInt8, UInt8, UInt8) = (
      UInt8(ascii: "0") + UInt8(number / 10 % 10), UInt8(ascii: "0") + UInt8(number % 10), 10
    )
    unsafe write(1, &text, 3)
  }

  static func set(_ text: String) {
    let utf8 = Array(text.utf8.prefix(bytesMax))
    unsafe bytes.copyBytes(from: utf8)
    unsafe count = utf8.count
  }
}
