import Primitives
import RaftConsensus

/// What a row carries beside the log and the hard state: rows of the journal's chain that rode
/// along, and, in the rows at a segment's head, what a group brings from the segments before.
struct RowExtra: Equatable {
  var chain: [ChainRow] = []
  var carried: Carried?

  struct Carried: Equatable {
    var descriptor: [UInt8]
    /// The chained checksum of the group's newest log row.
    var checksum: UInt32
    var last: LogIndex
    var chainHead: ChainRow?
    /// A hard state was lost and nobody has created the group anew since (rule C9): it stays lost,
    /// whatever is written meanwhile.
    var isHardStateLost = false
    /// The group is closed: of all that came before, its hard state alone counts.
    var isClosed = false
  }

  /// More chain rows than any writer puts into one row.
  static let chainRowsMax = 1 << 20

  func bytes(shard: ShardID) -> [UInt8] {
    var writer = ByteWriter(reserving: 64 + chain.count * 41)
    writer.put(UInt32(chain.count))
    for row in chain { Self.put(row, into: &writer) }
    writer.put(UInt8(carried == nil ? 0 : 1))
    if let carried {
      writer.put(long: carried.descriptor)
      writer.put(carried.checksum)
      writer.put(carried.last.rawValue)
      writer.put(UInt8(carried.isHardStateLost ? 1 : carried.isClosed ? 2 : 0))
      writer.put(UInt8(carried.chainHead == nil ? 0 : 1))
      if let head = carried.chainHead { Self.put(head, into: &writer) }
    }
    writer.put(RowCoding.checksum(of: writer.bytes, shard: shard))
    return writer.bytes
  }

  init(chain: [ChainRow] = [], carried: Carried? = nil) {
    self.chain = chain
    self.carried = carried
  }

  /// Nil if the bytes are damaged or of another form.
  init?(_ bytes: [UInt8], shard: ShardID) {
    guard let content = RowCoding.checked(bytes, shard: shard) else { return nil }
    let parsed: RowExtra? = unsafe content.withUnsafeBytes { bytes in
      var reader = unsafe ByteReader(bytes)
      let count = Int(reader.get(UInt32.self))
      guard count <= Self.chainRowsMax, count * 41 <= reader.remaining else { return nil }
      var extra = RowExtra(chain: (0..<count).map { _ in Self.chainRow(&reader) })
      if reader.get(UInt8.self) == 1 { extra.carried = Self.carried(&reader) }
      return reader.isValid && reader.isAtEnd ? extra : nil
    }
    guard let parsed else { return nil }
    self = parsed
  }

  private static func put(_ row: ChainRow, into writer: inout ByteWriter) {
    writer.put(row.index.rawValue)
    writer.put(UInt8(row.begins ? 1 : 0))
    writer.bytes.append(contentsOf: row.digest)
  }

  private static func chainRow(_ reader: inout ByteReader) -> ChainRow {
    let index = LogIndex(reader.get())
    let begins = reader.get(UInt8.self) == 1
    return ChainRow(
      index: index, digest: unsafe [UInt8](reader.get(raw: JournalChain.digestBytes)),
      begins: begins)
  }

  private static func carried(_ reader: inout ByteReader) -> Carried {
    let descriptor = unsafe [UInt8](reader.getLong())
    let checksum = reader.get(UInt32.self)
    let last = LogIndex(reader.get())
    let state = reader.get(UInt8.self)
    let head = reader.get(UInt8.self) == 1 ? chainRow(&reader) : nil
    return Carried(
      descriptor: descriptor, checksum: checksum, last: last, chainHead: head,
      isHardStateLost: state == 1, isClosed: state == 2)
  }
}
