import Foundation

/// Looks at SQLite's write-ahead log before SQLite does. SQLite takes the first frame with a wrong
/// checksum for the end of what was written. That is right for the last transaction, which may be
/// torn; in the middle it would silently undo what was acknowledged (trap 25, rule C9).
///
/// A transaction begins only after the one before was synced. So a wrong frame with a whole
/// transaction and more after it was once whole: that is corruption, not a torn tail.
///
/// Format: sqlite.org/fileformat2.html, section 4.
struct WriteAheadLog {
  enum Finding: Equatable {
    /// All that was ever synced can be read by SQLite.
    case sound
    /// Frames after the wrong one were written after it had been synced.
    case damaged(frame: Int)
  }

  static let headerBytes = 32
  static let frameHeaderBytes = 24

  let bytes: [UInt8]
  let pageBytes: Int
  private let isBigEndian: Bool
  private let isHeaderSound: Bool

  /// Nil if there is nothing that could be a log.
  init?(_ bytes: [UInt8]) {
    self.bytes = bytes
    guard bytes.count >= Self.headerBytes + Self.frameHeaderBytes else { return nil }
    let magic = Self.number(bytes, 0)
    let size = Int(Self.number(bytes, 8))
    isBigEndian = magic & 1 == 1
    let isPlausible =
      magic & 0xFFFF_FFFE == 0x377F_0682 && size >= 512 && size <= 65536 && size & (size - 1) == 0
    var sums: (UInt32, UInt32) = (0, 0)
    Self.add(bytes, 0..<24, isBigEndian, &sums)
    isHeaderSound =
      isPlausible && sums == (Self.number(bytes, 24), Self.number(bytes, 28))
    // Without a sound header the frames are found by the size that we give every file.
    pageBytes = isHeaderSound ? size : 4096
  }

  var frames: Int { (bytes.count - Self.headerBytes) / (Self.frameHeaderBytes + pageBytes) }

  func finding() -> Finding {
    var salts = (Self.number(bytes, 16), Self.number(bytes, 20))
    var sums = (Self.number(bytes, 24), Self.number(bytes, 28))
    var wrong = 0
    if isHeaderSound {
      while wrong < frames, isSound(wrong, salts: salts, &sums) { wrong += 1 }
    } else {
      // The header itself may be what is wrong; the frames tell which salts were in use.
      guard frames > 0, page(0) != 0 else { return .sound }
      salts = self.salts(0)
    }
    return hasLaterTransactions(than: wrong, salts: salts) ? .damaged(frame: wrong) : .sound
  }

  /// True if a frame at or after `wrong` ends a transaction and another frame comes after that.
  private func hasLaterTransactions(than wrong: Int, salts: (UInt32, UInt32)) -> Bool {
    var hasEnded = false
    for frame in wrong..<max(wrong, frames) where self.salts(frame) == salts && page(frame) != 0 {
      if hasEnded { return true }
      hasEnded = commitPages(frame) != 0
    }
    return false
  }

  /// The last frame that ends a transaction, wrong ones before it included; nil if there is none.
  func lastCommit() -> Int? {
    let salts =
      isHeaderSound ? (Self.number(bytes, 16), Self.number(bytes, 20)) : self.salts(0)
    return (0..<frames).last { self.salts($0) == salts && page($0) != 0 && commitPages($0) != 0 }
  }

  func offset(_ frame: Int) -> Int {
    Self.headerBytes + frame * (Self.frameHeaderBytes + pageBytes)
  }
  /// Number of the page that the frame holds, from 1.
  func page(_ frame: Int) -> UInt32 { Self.number(bytes, offset(frame)) }
  /// Size of the database in pages after the transaction that the frame ends; else 0.
  func commitPages(_ frame: Int) -> UInt32 { Self.number(bytes, offset(frame) + 4) }
  private func salts(_ frame: Int) -> (UInt32, UInt32) {
    (Self.number(bytes, offset(frame) + 8), Self.number(bytes, offset(frame) + 12))
  }

  private func isSound(
    _ frame: Int, salts: (UInt32, UInt32), _ sums: inout (UInt32, UInt32)
  ) -> Bool {
    let start = offset(frame)
    guard self.salts(frame) == salts, page(frame) != 0 else { return false }
    Self.add(bytes, start..<(start + 8), isBigEndian, &sums)
    let content = start + Self.frameHeaderBytes
    Self.add(bytes, content..<(content + pageBytes), isBigEndian, &sums)
    return sums == (Self.number(bytes, start + 16), Self.number(bytes, start + 20))
  }

  private static func number(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    unsafe bytes.withUnsafeBytes {
      unsafe UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
  }

  private static func add(
    _ bytes: [UInt8], _ range: Range<Int>, _ isBigEndian: Bool, _ sums: inout (UInt32, UInt32)
  ) {
    var (a, b) = sums
    unsafe bytes.withUnsafeBytes { bytes in
      for offset in stride(from: range.lowerBound, to: range.upperBound, by: 8) {
        let x = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        let y = unsafe bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
        a &+= (isBigEndian ? x.bigEndian : x.littleEndian) &+ b
        b &+= (isBigEndian ? y.bigEndian : y.littleEndian) &+ a
      }
    }
    sums = (a, b)
  }
}
