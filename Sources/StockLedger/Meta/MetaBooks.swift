import Primitives

/// An item of the catalog at its latest version, which is its number.
struct ItemRow: BitwiseCopyable, Sendable {
  /// Block of the body that it was put with.
  var body: UInt32
  /// The account's home; 0 for other items.
  var shard: UInt32 = 0
  /// `CommandKind`.
  var kind: UInt32
}

/// A remembered change of the catalog (rule Q2). Without padding, as in CatalogRows.
struct ChangeRow: BitwiseCopyable, Sendable {
  var requestID: Hash128
  var fingerprint: Hash128
  /// The version of the catalog that it made, and was answered with.
  var version: UInt64
  /// Log time in seconds, rounded down.
  var seconds: UInt32
  var stampSeconds: UInt32
}

/// What the meta group knows beside its tables; part of the state.
struct MetaHeader: Sendable {
  var appliedIndex = LogIndex.zero
  var appliedTerm = Term.zero
  var logTime = LogTime.zero
  var catalogVersion: UInt64 = 0
  var requestFloor: Int64 = Int64.min
  /// Remembered requests have the places `endedHead..<endedTail`.
  var endedHead: UInt64 = 1
  var endedTail: UInt64 = 1
  /// In order of id.
  var shards: [ShardDescriptor] = []
}

/// The logical state of the meta group: what a snapshot holds and the digest covers.
struct MetaBooks: Sendable {
  var header = MetaHeader()
  var heap = ByteHeap()
  /// By version. An item that changes moves to its new version.
  var items = PagedTable<ItemRow>()
  var ended = PagedTable<ChangeRow>()

  mutating func digest() -> Hash128 {
    var out = ByteWriter(reserving: 1_024)
    header.write(into: &out)
    let heap = heap
    out.put(
      items.digest { version, row in
        let body = unsafe heap.withBytes(row.body) {
          unsafe Hash128($0, seed: version)
        }
        return unsafe withUnsafeBytes(of: (body, UInt64(row.kind), UInt64(row.shard))) {
          unsafe Hash128($0)
        }
      })
    out.put(
      ended.digest { place, row in
        unsafe withUnsafeBytes(of: row) { unsafe Hash128($0, seed: place) }
      })
    return unsafe out.bytes.withUnsafeBytes { unsafe Hash128($0) }
  }

  func body(_ row: ItemRow) -> [UInt8] { heap.bytes(row.body) }

  func read<Item>(_ version: UInt64, _ make: (inout ByteReader, UInt64) -> Item) -> Item {
    unsafe heap.withBytes(items[version].body) { bytes in
      var reader = unsafe ByteReader(bytes)
      return make(&reader, version)
    }
  }
}

extension MetaHeader {
  func write(into out: inout ByteWriter) {
    out.put(appliedIndex.rawValue)
    out.put(appliedTerm.rawValue)
    out.put(logTime.milliseconds)
    out.put(catalogVersion)
    out.put(requestFloor)
    out.put(endedHead)
    out.put(endedTail)
    out.put(UInt32(shards.count))
    for shard in shards {
      out.put(shard.id.rawValue)
      out.put(short: shard.pool)
      out.put(short: shard.region)
      shard.founders.write(into: &out)
    }
  }

  init(from reader: inout ByteReader) {
    appliedIndex = LogIndex(reader.get())
    appliedTerm = Term(reader.get())
    logTime = LogTime(milliseconds: reader.get())
    catalogVersion = reader.get()
    requestFloor = reader.get()
    endedHead = reader.get()
    endedTail = reader.get()
    for _ in 0..<reader.get(UInt32.self) where reader.isValid {
      shards.append(
        ShardDescriptor(
          id: ShardID(reader.get()), pool: reader.shortBytes(), region: reader.shortBytes(),
          founders: Founders(from: &reader)))
    }
  }
}

extension MetaHeader {
  /// The digest does not tell: whoever made the bytes made it too.
  var isSane: Bool {
    shards.enumerated().allSatisfy { at, shard in
      shard.id.rawValue == UInt32(at) + 2 && shard.founders.isSane
    }
  }
}

extension Founders {
  /// What a group's configuration takes.
  package static let votersMax = 15
  package static let learnersMax = 1_024

  /// A group can begin with them.
  package var isSane: Bool {
    (1...Self.votersMax).contains(voters.count) && learners.count <= Self.learnersMax
      && [voters, learners, preferred].allSatisfy(Self.isStrictlySorted)
      && preferred.allSatisfy { voters.contains($0) }
  }

  /// Also without nobody, which is number zero.
  private static func isStrictlySorted(_ nodes: [NodeID]) -> Bool {
    var before = NodeID.none
    for node in nodes {
      guard node > before else { return false }
      before = node
    }
    return true
  }

  func write(into out: inout ByteWriter) {
    for list in [voters, learners, preferred] {
      out.put(UInt16(list.count))
      for node in list { out.put(node.rawValue) }
    }
  }

  init(from reader: inout ByteReader) {
    voters = reader.nodes()
    learners = reader.nodes()
    preferred = reader.nodes()
  }
}

extension ByteReader {
  fileprivate mutating func nodes() -> [NodeID] {
    var list: [NodeID] = []
    for _ in 0..<get(UInt16.self) where isValid { list.append(NodeID(get())) }
    return list
  }
}
