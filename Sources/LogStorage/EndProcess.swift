import Foundation

/// Milliseconds of the wall clock since 1970 UTC.
package func systemWallMilliseconds() -> Int64 {
  Int64((Date().timeIntervalSince1970 * 1000).rounded(.down))
}

/// Says why, and ends the process without running anything else: after a failed sync nobody knows
/// what the disk holds, and whatever still ran could acknowledge it.
package func endProcess(_ message: String) {
  FileHandle.standardError.write(Data("holdfast: \(message)\n".utf8))
  _exit(exitCodeAfterDiskFailure)
}

/// EX_IOERR of sysexits.h.
package let exitCodeAfterDiskFailure: Int32 = 74
