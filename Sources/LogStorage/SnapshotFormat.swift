import Primitives
import RaftConsensus

/// The form of a snapshot's file: a header (what it is a snapshot of), chunks as the ledger gave
/// them, each behind its length and a checksum that goes on from the chunk before, and an end with
/// the totals. A file without its end is no snapshot.
enum SnapshotFormat {
  static let magic: [UInt8] = Array("HFSNAP\u{0}\u{1}".utf8)
  static let chunkBytesMax = 16 << 20
  static let headerBytesMax = 1 << 20
  static let learnersMax = 4096

  static func header(shard: ShardID, mark: SnapshotMark) -> [UInt8] {
    var body = ByteWriter(reserving: 128)
    body.put(shard.rawValue)
    put(mark, into: &body)
    var writer = ByteWriter(reserving: body.count + 16)
    writer.bytes = magic
    writer.put(UInt32(body.count))
    writer.bytes.append(contentsOf: body.bytes)
    writer.put(RowCoding.checksum(of: body.bytes, shard: ShardID(0)))
    return writer.bytes
  }

  /// `body` without magic and length, checksum included.
  static func mark(inHeader body: [UInt8]) -> (ShardID, SnapshotMark)? {
    guard let content = RowCoding.checked(body, shard: ShardID(0)) else { return nil }
    return unsafe content.withUnsafeBytes { bytes in
      var reader = unsafe ByteReader(bytes)
      let shard = ShardID(reader.get())
      guard let mark = mark(&reader), reader.isValid, reader.isAtEnd else { return nil }
      return (shard, mark)
    }
  }

  static func put(_ mark: SnapshotMark, into writer: inout ByteWriter) {
    writer.put(mark.index.rawValue)
    writer.put(mark.term.rawValue)
    writer.put(mark.logTime.milliseconds)
    let configuration = mark.configuration
    for members in [
      configuration.voters, configuration.outgoingVoters, configuration.learners,
      configuration.learnersNext,
    ] {
      writer.put(UInt32(members.count))
      for member in members { writer.put(member.rawValue) }
    }
    writer.put(UInt8(configuration.autoLeave ? 1 : 0))
    writer.put(mark.lease.milliseconds)
    writer.put(mark.lease.ratePPM)
  }

  static func mark(_ reader: inout ByteReader) -> SnapshotMark? {
    let index = LogIndex(reader.get())
    let term = Term(reader.get())
    let logTime = LogTime(milliseconds: reader.get())
    var lists: [[MemberID]] = []
    for _ in 0..<4 {
      let count = Int(reader.get(UInt32.self))
      let most = lists.count < 2 ? Configuration.votersMax : learnersMax
      guard count <= most, count * 8 <= reader.remaining else { return nil }
      lists.append((0..<count).map { _ in MemberID(reader.get()) })
    }
    let autoLeave = reader.get(UInt8.self) == 1
    // A snapshot of before there were leases ends here.
    let lease =
      reader.isAtEnd
      ? LeaseTerms.none : LeaseTerms(milliseconds: reader.get(), ratePPM: reader.get())
    return SnapshotMark(
      index: index, term: term, logTime: logTime,
      configuration: Configuration(
        voters: lists[0], outgoingVoters: lists[1], learners: lists[2], learnersNext: lists[3],
        autoLeave: autoLeave),
      lease: lease)
  }

  /// The running checksum and totals, the same for writer and reader.
  struct Totals {
    var checksum: UInt32 = 0
    var chunks: UInt64 = 0
    var bytes: UInt64 = 0

    mutating func add(_ chunk: [UInt8]) {
      var crc = CRC32C(continuing: checksum)
      crc.update(chunk)
      checksum = crc.value
      chunks += 1
      bytes += UInt64(chunk.count)
    }

    /// What stands after the last chunk: a length of zero, the totals, a checksum over all.
    var end: [UInt8] {
      var writer = ByteWriter(reserving: SnapshotFormat.endBytes)
      writer.put(UInt32(0))
      writer.put(chunks)
      writer.put(bytes)
      var crc = CRC32C(continuing: checksum)
      crc.update(writer.bytes)
      writer.put(crc.value)
      return writer.bytes
    }
  }

  static let endBytes = 4 + 8 + 8 + 4
}
