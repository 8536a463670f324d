// The binary form of what stands in a segment's rows. Integers are little endian.

import Primitives
import RaftConsensus

enum RowCoding {
  /// Term, kind, log time, lease, clock rate, length of the payload. The index is not stored: rows
  /// know their first one.
  static let entryHeaderBytes = 8 + 1 + 8 + 4 + 4 + 4

  static func putHeader(of entry: Entry, into writer: inout ByteWriter) {
    writer.put(entry.term.rawValue)
    writer.put(entry.kind.rawValue)
    writer.put(entry.logTime.milliseconds)
    writer.put(entry.leaseMilliseconds)
    writer.put(entry.clockRatePPM)
    writer.put(UInt32(entry.payload.count))
  }

  static func put(_ entries: [Entry], into writer: inout ByteWriter) {
    for entry in entries {
      putHeader(of: entry, into: &writer)
      unsafe entry.payload.withUnsafeBytes { unsafe writer.put(raw: $0) }
    }
  }

  /// Reads the entries `first…last` that make up the whole of `bytes`, and gives those in
  /// `wanted`; nil if the bytes have another form.
  static func entries(
    _ bytes: UnsafeRawBufferPointer, first: LogIndex, last: LogIndex,
    wanted: ClosedRange<LogIndex>
  ) -> [Entry]? {
    var result: [Entry] = []
    let whole = unsafe visit(bytes, first: first, last: last) { header, payload in
      guard wanted.contains(header.index) else { return }
      result.append(unsafe header.entry(payload: [UInt8](payload)))
    }
    return whole ? result : nil
  }

  /// Walks the entries without copying their payloads; false if the bytes have another form.
  static func visit(
    _ bytes: UnsafeRawBufferPointer, first: LogIndex, last: LogIndex,
    _ body: (EntryHeader, UnsafeRawBufferPointer) -> Void
  ) -> Bool {
    guard first.rawValue > 0, last.rawValue < UInt64.max, first <= last.next else { return false }
    var reader = unsafe ByteReader(bytes)
    var index = first
    while index <= last {
      let term = Term(reader.get(UInt64.self))
      let kind = EntryKind(rawValue: reader.get(UInt8.self))
      let logTime = LogTime(milliseconds: reader.get(Int64.self))
      let lease = reader.get(UInt32.self)
      let rate = reader.get(UInt32.self)
      let payload = unsafe reader.getLong()
      guard reader.isValid, let kind else { return false }
      unsafe body(
        EntryHeader(
          term: term, index: index, kind: kind, logTime: logTime, leaseMilliseconds: lease,
          clockRatePPM: rate), payload)
      index = index.next
    }
    return reader.isValid && reader.isAtEnd
  }

  /// Five numbers, the standing and a checksum; the group's number is part of what is checked.
  static func bytes(of state: HardState, shard: ShardID) -> [UInt8] {
    var writer = ByteWriter(reserving: hardStateBytes + 4)
    writer.put(state.term.rawValue)
    writer.put(state.vote.rawValue)
    writer.put(state.ackedTerm.rawValue)
    writer.put(state.ackedIndex.rawValue)
    writer.put(state.commit.rawValue)
    writer.put(state.standing.rawValue)
    writer.put(checksum(of: writer.bytes, shard: shard))
    return writer.bytes
  }

  static func hardState(_ bytes: [UInt8], shard: ShardID) -> HardState? {
    guard let content = checked(bytes, shard: shard), content.count == hardStateBytes else {
      return nil
    }
    return unsafe content.withUnsafeBytes { bytes in
      var reader = unsafe ByteReader(bytes)
      var state = HardState(
        term: Term(reader.get()), vote: MemberID(reader.get()), ackedTerm: Term(reader.get()),
        ackedIndex: LogIndex(reader.get()), commit: LogIndex(reader.get()))
      guard let standing = Standing(rawValue: reader.get()) else { return nil }
      state.standing = standing
      return state
    }
  }

  private static let hardStateBytes = 5 * 8 + 1

  static func checksum(of bytes: [UInt8], shard: ShardID) -> UInt32 {
    var crc = CRC32C(continuing: shard.rawValue)
    crc.update(bytes)
    return crc.value
  }

  /// What stands before the four checksum bytes at the end; nil if they disagree.
  static func checked(_ bytes: [UInt8], shard: ShardID) -> [UInt8]? {
    guard bytes.count >= 4 else { return nil }
    let content = [UInt8](bytes.dropLast(4))
    let stored = unsafe bytes.withUnsafeBytes {
      unsafe UInt32(
        littleEndian: $0.loadUnaligned(fromByteOffset: content.count, as: UInt32.self))
    }
    return checksum(of: content, shard: shard) == stored ? content : nil
  }
}

/// An entry without its payload.
struct EntryHeader {
  var term: Term
  var index: LogIndex
  var kind: EntryKind
  var logTime: LogTime
  var leaseMilliseconds: UInt32
  var clockRatePPM: UInt32

  func entry(payload: [UInt8]) -> Entry {
    Entry(
      term: term, index: index, kind: kind, logTime: logTime,
      leaseMilliseconds: leaseMilliseconds, clockRatePPM: clockRatePPM, payload: payload)
  }
}
