import GRPCTransport
import LogStorage
import Primitives

/// What a stream between nodes begins with: the sender's disk, and which disks it knows the others
/// by (rule C9). A node that joins while another one is down so knows that one's disk before it comes
/// back, perhaps with another.
struct Greeting: Sendable, Equatable {
  var disk: DiskName
  /// In order of node.
  var others: [Acquaintance] = []

  struct Acquaintance: Sendable, Equatable {
    var node: NodeID
    var disk: DiskName
  }

  /// More would not fit into a call's metadata.
  static let othersMax = 256

  private static let diskKey: StaticString = "holdfast-disk"
  private static let othersKey: StaticString = "holdfast-disks"

  init(disk: DiskName, others: [Acquaintance] = []) {
    self.disk = disk
    // Numbers are never used again: the highest are those that are there.
    self.others = Array(others.suffix(Self.othersMax))
  }

  /// Nil where a node of ours did not write it.
  init?(_ context: CallContext) {
    self.init(
      disk: context.metadata(Self.diskKey), others: context.metadata(Self.othersKey) ?? [])
  }

  init?(disk: [UInt8]?, others: [UInt8]) {
    guard let disk, let name = DiskName(String(decoding: disk, as: UTF8.self)) else { return nil }
    var known: [Acquaintance] = []
    for word in String(decoding: others, as: UTF8.self).split(separator: ",") {
      guard known.count < Self.othersMax, let one = Acquaintance(word) else { return nil }
      known.append(one)
    }
    self.init(disk: name, others: known)
  }

  var metadata: Metadata {
    var metadata = Metadata([("\(Self.diskKey)", "\(disk)")])
    if !others.isEmpty {
      metadata.add("\(Self.othersKey)", others.map(\.text).joined(separator: ","))
    }
    return metadata
  }
}

extension Greeting.Acquaintance {
  fileprivate var text: String { "\(node.rawValue)=\(disk)" }

  fileprivate init?(_ text: Substring) {
    let words = text.split(separator: "=", omittingEmptySubsequences: false)
    guard words.count == 2, let node = UInt64(words[0]), node > 0, let disk = DiskName(words[1])
    else { return nil }
    self.init(node: NodeID(node), disk: disk)
  }
}
