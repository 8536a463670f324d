import Foundation
package import Primitives
import Synchronization

/// The disk that each other node was first known with (rule C9). It is on this node's own disk
/// before anything that the other says is listened to, so that a restart forgets none.
///
/// A text file: one line `node disk` each, and a last one with the checksum of those before it.
package final class PeerDisks: Sendable {
  private let path: String
  private let directory: String
  /// What is durable.
  private let known: Mutex<[NodeID: DiskName]>

  private static let fileName = "peers"

  /// Reads what is known; `directory` is a lane's, and with it the file is lost or kept.
  package init(directory: String) throws(StorageError) {
    let path = directory + "/" + Self.fileName
    self.directory = directory
    self.path = path
    known = Mutex(try Files.exists(path) ? Self.parse(Files.read(path), path) : [:])
  }

  package subscript(node: NodeID) -> DiskName? { known.withLock { $0[node] } }

  /// In order of node.
  package var all: [(node: NodeID, disk: DiskName)] {
    known.withLock { $0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Keeps the names of nodes of which none is known, and gives those that are, in order. Waits for
  /// the disk; one caller at a time.
  package func keep(
    _ names: [(node: NodeID, disk: DiskName)]
  ) throws(StorageError) -> [DiskName] {
    let before = known.withLock { $0 }
    var after = before
    for (node, disk) in names where after[node] == nil { after[node] = disk }
    if after != before {
      try Files.replace(path, Self.text(after), in: directory)
      known.withLock { $0 = after }
    }
    return names.map { after[$0.node]! }
  }

  private static func text(_ disks: [NodeID: DiskName]) -> [UInt8] {
    let lines = disks.sorted { $0.key < $1.key }.map { "\($0.key.rawValue) \($0.value)\n" }
    let body = Array(lines.joined().utf8)
    return body + Array("\(checksum(body))\n".utf8)
  }

  private static func checksum(_ body: [UInt8]) -> String {
    var crc = CRC32C()
    unsafe body.withUnsafeBytes { unsafe crc.update($0) }
    return "crc32c \(crc.value)"
  }

  private static func parse(
    _ bytes: [UInt8], _ path: String
  ) throws(StorageError) -> [NodeID: DiskName] {
    let damage = StorageError.damaged(
      path: path, offset: 0, reason: "its lines are not those that were written")
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard lines.count >= 2, lines[lines.count - 1].isEmpty else { throw damage }
    let body = bytes.dropLast(lines[lines.count - 2].count + 1)
    guard Array(lines[lines.count - 2]) == Array(checksum(Array(body)).utf8) else { throw damage }
    var disks: [NodeID: DiskName] = [:]
    for line in lines.dropLast(2) {
      let words = String(decoding: line, as: UTF8.self).split(separator: " ")
      guard words.count == 2, let node = UInt64(words[0]), let name = DiskName(words[1]) else {
        throw damage
      }
      disks[NodeID(node)] = name
    }
    return disks
  }
}
