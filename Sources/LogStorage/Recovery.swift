import Foundation
import Primitives
import RaftConsensus

/// Reads a directory's segments in order and finds out, per group, what it still knows.
struct Recovery {
  /// In order of first sight.
  private(set) var groups: [GroupScan] = []
  /// Segments that hold rows, oldest first; all are sealed when recovery is done.
  private(set) var segments: [SealedSegment] = []
  private(set) var highestNumber: UInt64 = 0
  /// Segments that SQLite could not read to their end.
  private(set) var unreadable: [String] = []

  private let directory: String
  private let snapshots: SnapshotDirectory
  private let now: Int64
  private var isSkipping = true
  /// What the newest sealed segment says at its head: of these groups nothing before it counts.
  private var closed = ClosedGroups()

  /// `skipping`: sealed segments at the log's beginning that hold nothing after the snapshots are
  /// not read.
  init(
    directory: String, snapshots: SnapshotDirectory, now: Int64, skipping: Bool
  ) throws(StorageError) {
    self.directory = directory
    self.snapshots = snapshots
    self.now = now
    isSkipping = skipping
    let numbers = try Self.segmentNumbers(in: directory)
    if skipping { closed = ClosedGroups(in: directory, numbers) }
    for number in numbers {
      highestNumber = number
      try read(number)
    }
    try readNewestIfSkipped()
    if groups.isEmpty, let path = unreadable.first {
      throw .damaged(path: path, offset: 0, reason: "no group can be read from it")
    }
  }

  /// The segments of a directory, in order, after finishing what a crash interrupted.
  static func segmentNumbers(in directory: String) throws(StorageError) -> [UInt64] {
    let names = try Files.names(in: directory)
    for name in names where name.hasSuffix(".sqlite.salvaged") {
      try Salvage.takePlace(directory + "/" + name.dropLast(".salvaged".count))
    }
    for name in names where name.hasSuffix(".salvaged.partial") {
      try Files.remove(directory + "/" + name)
    }
    return try listed(in: directory)
  }

  static func listed(in directory: String) throws(StorageError) -> [UInt64] {
    try Files.names(in: directory).compactMap { SegmentFile.number(ofName: $0) }.sorted()
  }

  private mutating func read(_ number: UInt64) throws(StorageError) {
    let path = SegmentFile.path(number, in: directory)
    var isPlain = SegmentReader.isSealed(path)
    if !isPlain { isPlain = try Salvage.examine(path) }
    if isPlain {
      try readSealed(number, path)
    } else {
      try readUnsealed(number, path)
    }
  }

  private mutating func readSealed(_ number: UInt64, _ path: String) throws(StorageError) {
    var summary: SegmentSummary?
    var found = SegmentSummary(sealedAt: now, lastByGroup: [])
    try tolerating(damageOf: path) { recovery throws(StorageError) in
      let reader = try SegmentReader(number: number, path: path)
      summary = try Self.attempt(path) { try reader.read { try $0.summary(number: number) } }
      if let summary, recovery.isSkipping, recovery.isCovered(summary, number) { return }
      recovery.isSkipping = false
      found.sealedAt = summary?.sealedAt ?? recovery.now
      try Self.attempt(path) { try reader.read { try recovery.scan($0, number, &found) } }
    }
    segments.append(
      SealedSegment(
        number: number, path: path, bytes: Files.size(path), summary: summary ?? found))
  }

  /// Hard states are carried into the next segment; where there is none, the newest one has them.
  private mutating func readNewestIfSkipped() throws(StorageError) {
    guard groups.isEmpty, let newest = segments.last else { return }
    isSkipping = false
    try tolerating(damageOf: newest.path) { recovery throws(StorageError) in
      var found = newest.summary
      let reader = try SegmentReader(number: newest.number, path: newest.path)
      try Self.attempt(newest.path) {
        try reader.read { try recovery.scan($0, newest.number, &found) }
      }
    }
  }

  /// Every entry in it is covered by a snapshot, or its group was closed since; what else is in it, the
  /// next segment carries.
  private func isCovered(_ summary: SegmentSummary, _ number: UInt64) -> Bool {
    summary.lastByGroup.allSatisfy { group in
      if closed.holds(group.shard, since: number) { return true }
      guard let snapshot = snapshots.newest(group.shard) else { return false }
      return group.last <= snapshot.mark.index
    }
  }

  /// A segment that was in use when the process ended: read, then sealed; removed if nothing was
  /// ever written to it.
  private mutating func readUnsealed(_ number: UInt64, _ path: String) throws(StorageError) {
    var found = SegmentSummary(sealedAt: now, lastByGroup: [])
    var isEmpty = false
    // What is damaged stays as it is, for whoever can tell more.
    try tolerating(damageOf: path) { recovery throws(StorageError) in
      let file = try SegmentFile.reopen(number: number, in: recovery.directory)
      guard file.rows > 0 else {
        isEmpty = true
        return try file.discard()
      }
      recovery.isSkipping = false
      try Self.attempt(path) { try file.read { try recovery.scan($0, number, &found) } }
      try file.seal(summary: found)
    }
    guard !isEmpty else { return }
    segments.append(
      SealedSegment(number: number, path: path, bytes: Files.size(path), summary: found))
  }

  /// Damage is noted and survived; that a file can't be had at all is not.
  private mutating func tolerating(
    damageOf path: String, _ body: (inout Recovery) throws(StorageError) -> Void
  ) throws(StorageError) {
    do throws(StorageError) {
      try body(&self)
    } catch {
      guard error.isDamage else { throw error }
      unreadable.append(path)
      isSkipping = false
      suspectAll()
    }
  }

  private static func attempt<T>(_ path: String, _ body: () throws -> T) throws(StorageError) -> T {
    do {
      return try body()
    } catch {
      throw .from(error, "read", path)
    }
  }

  private mutating func scan(
    _ rows: SegmentRows, _ number: UInt64, _ found: inout SegmentSummary
  ) throws {
    try unsafe rows.scan { row, entries in
      guard let row else {
        suspectAll()
        return true
      }
      let position = position(of: row.shard)
      unsafe groups[position].take(row, entries, segment: number)
      if let log = row.log, log.last >= log.first { found.note(row.shard, last: log.last) }
      return true
    }
  }

  private mutating func position(of shard: ShardID) -> Int {
    if let position = groups.firstIndex(where: { $0.log.shard == shard }) { return position }
    groups.append(
      GroupScan(
        shard: shard, snapshot: snapshots.newest(shard)?.mark, lost: snapshots.lost(shard)))
    return groups.count - 1
  }

  /// Rows of unknown groups are lost; whoever gets no newer hard state after this has lost it.
  private mutating func suspectAll() {
    for position in groups.indices { groups[position].isHardStateSuspect = true }
  }
}

/// A sealed segment as the running store remembers it.
struct SealedSegment: Sendable {
  let number: UInt64
  let path: String
  /// Zero while it is being sealed.
  var bytes: Int64
  var summary: SegmentSummary
  var isBeingSealed: Bool { bytes == 0 }
}
