import Foundation
package import Primitives

/// What tells one disk of a node from another: a random name that is given to the node's folders of
/// all lanes before anything else is in them (rule C9).
///
/// Who lost a disk may have forgotten a vote or an entry that it acknowledged. An empty folder gets a
/// new name, by which the others know that this is not the node that they knew.
package struct DiskName: Hashable, Sendable, CustomStringConvertible {
  package let value: Hash128

  package init(_ value: Hash128) { self.value = value }

  static let fileName = "DISK"
  private static let digits = 32

  /// 32 hexadecimal digits, as in the file and between nodes.
  package var description: String { Self.hex(value.high) + Self.hex(value.low) }

  package init?(_ text: some StringProtocol) {
    guard text.utf8.count == Self.digits, text.utf8.allSatisfy(Self.isDigit),
      let high = UInt64(text.prefix(Self.digits / 2), radix: 16),
      let low = UInt64(text.suffix(Self.digits / 2), radix: 16)
    else { return nil }
    value = Hash128(high: high, low: low)
  }

  private static func hex(_ word: UInt64) -> String {
    let text = String(word, radix: 16)
    return String(repeating: "0", count: digits / 2 - text.count) + text
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}

/// Why a node may not start on its folders.
package enum DiskNameError: Error, Equatable, CustomStringConvertible {
  /// The folder of one lane is gone, or what was in it, or its name, and others have theirs.
  case laneLost(String)
  /// The folders of two lanes are of different disks.
  case mixed(String, String)

  package var description: String {
    switch self {
    case .laneLost(let folder):
      "\(folder) is not what it was: the node's other files are there, and its own are not, or not "
        + "their name. If 'lanes' was changed, set it back. If the folder is elsewhere, bring it "
        + "back. \(Self.wayOut)"
    case .mixed(let one, let other):
      "\(one) and \(other) are from different disks: bring back the folder that belongs there. "
        + Self.wayOut
    }
  }

  private static let wayOut =
    "If it is lost, this node has lost what it promised and must not come back under its number: "
    + "take its seats away (`holdfast cluster remove`), give the machine an empty folder and a "
    + "number that no node ever had, and add that one (`holdfast cluster add`)."
}

extension DiskName {
  /// The name of the folders `lane-0…` in `directory`. It is made, and durable, before a new node
  /// writes anything else.
  package static func claim(directory: String, lanes: Int) throws -> DiskName {
    let folders = (0..<lanes).map { "\(directory)/lane-\($0)" }
    for folder in folders { try Files.makeDirectory(folder) }
    try Files.syncDirectory(directory)
    let found = try folders.map(read)
    if let at = found.firstIndex(where: { $0 != nil }), let name = found[at] {
      try check(folders, found, name, in: folders[at])
      for (folder, other) in zip(folders, found) where other == nil { try name.write(folder) }
      return name
    }
    if let folder = try folders.first(where: hasContent) { throw DiskNameError.laneLost(folder) }
    return try make(in: folders)
  }

  /// Lanes get their names in order, and before any of them is written to: where those without a name
  /// come last and nothing is in any, the first start was interrupted.
  private static func check(
    _ folders: [String], _ found: [DiskName?], _ name: DiskName, in first: String
  ) throws {
    for (folder, other) in zip(folders, found) {
      if let other, other != name { throw DiskNameError.mixed(first, folder) }
    }
    guard let nameless = found.firstIndex(where: { $0 == nil }) else { return }
    let isPrefix = found[nameless...].allSatisfy { $0 == nil }
    guard isPrefix, try !folders.contains(where: hasContent) else {
      throw DiskNameError.laneLost(folders[nameless])
    }
  }

  /// Of two processes that begin at once, both go on with what the first one wrote.
  private static func make(in folders: [String]) throws -> DiskName {
    var random = SystemRandomNumberGenerator()
    var name = DiskName(Hash128(high: random.next(), low: random.next()))
    for folder in folders { name = try name.write(folder) }
    return name
  }

  @discardableResult
  private func write(_ folder: String) throws -> DiskName {
    try Files.createOnce(folder + "/" + Self.fileName, Array("\(self)\n".utf8))
    return try Self.read(folder) ?? self
  }

  private static func read(_ folder: String) throws(StorageError) -> DiskName? {
    let path = folder + "/" + fileName
    guard Files.exists(path) else { return nil }
    let text = String(decoding: try Files.read(path), as: UTF8.self)
    guard text.hasSuffix("\n"), let name = DiskName(text.dropLast()) else {
      throw .damaged(path: path, offset: 0, reason: "it names no disk")
    }
    return name
  }

  /// A store was opened there once: segments and snapshots are there.
  private static func hasContent(_ folder: String) throws -> Bool {
    let snapshots = folder + "/snapshots"
    return try Files.names(in: folder).contains { SegmentFile.number(ofName: $0) != nil }
      || (Files.exists(snapshots) && !Files.names(in: snapshots).isEmpty)
  }
}
