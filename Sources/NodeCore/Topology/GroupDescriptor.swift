import Primitives
import StockLedger

/// What a group is and who its first members are. It goes to storage when the group is opened, so
/// that a restarted member finds the same ones whatever became of the topology.
struct GroupDescriptor: Sendable, Equatable {
  var shard: ShardID
  /// Empty for the meta group, like `region`.
  var pool: [UInt8]
  var region: [UInt8]
  var founders: Founders

  private static let version: UInt8 = 1

  var members: [NodeID] { (founders.voters + founders.learners).sorted() }

  func holds(_ node: NodeID) -> Bool {
    founders.voters.contains(node) || founders.learners.contains(node)
  }

  /// Whom to ask first about a group that is not open here.
  var likelyLeader: NodeID? { founders.preferred.first ?? founders.voters.first }

  /// A group as the catalog has it.
  init(_ shard: ShardDescriptor) {
    self.init(shard: shard.id, pool: shard.pool, region: shard.region, founders: shard.founders)
  }

  /// The meta group, as its founders begin it.
  init(metaOf seats: [NodeSeat]) {
    let places = seats.map { NodePlace(node: $0.id, region: $0.region, zone: $0.zone) }
    self.init(shard: .meta, pool: [], region: [], founders: PlacementRule.meta(nodes: places))
  }

  func encoded() -> [UInt8] {
    var out = ByteWriter(reserving: 64)
    out.put(Self.version)
    out.put(shard.rawValue)
    out.put(short: pool)
    out.put(short: region)
    for list in [founders.voters, founders.learners, founders.preferred] {
      out.put(UInt16(list.count))
      for node in list { out.put(node.rawValue) }
    }
    return out.bytes
  }

  /// Nil for bytes that `encoded` did not make.
  init?(decoding bytes: [UInt8]) {
    guard let decoded = unsafe bytes.withUnsafeBytes({ unsafe Self.decode($0) }) else { return nil }
    self = decoded
  }

  init(shard: ShardID, pool: [UInt8], region: [UInt8], founders: Founders) {
    self.shard = shard
    self.pool = pool
    self.region = region
    self.founders = founders
  }

  private static func decode(_ bytes: UnsafeRawBufferPointer) -> GroupDescriptor? {
    var reader = unsafe ByteReader(bytes)
    guard reader.get(UInt8.self) == version else { return nil }
    let shard = ShardID(reader.get(UInt32.self))
    let pool = unsafe Array(reader.getShort())
    let region = unsafe Array(reader.getShort())
    var lists: [[NodeID]] = []
    for most in [Founders.votersMax, Founders.learnersMax, Founders.votersMax] {
      let count = Int(reader.get(UInt16.self))
      guard reader.isValid, count <= most else { return nil }
      lists.append((0..<count).map { _ in NodeID(reader.get(UInt64.self)) })
    }
    let founders = Founders(voters: lists[0], learners: lists[1], preferred: lists[2])
    guard reader.isValid, reader.isAtEnd, founders.isSane else { return nil }
    return GroupDescriptor(shard: shard, pool: pool, region: region, founders: founders)
  }
}
