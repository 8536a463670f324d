import Primitives
import RaftConsensus
import Synchronization

/// The storage thread's state: which segment is written, where every group's rows are, and what
/// waits to ride along. One owner at a time: the thread, and after its end whoever closes the store.
final class LogWriter: @unchecked Sendable {
  let settings: StorageSettings
  let files: WorkThread<FilesWork>
  let sealing: WorkThread<SealingWork>
  let counters: Mutex<StorageStatistics>

  var active: SegmentFile
  /// Opened beforehand; nil while the sealing thread prepares it.
  private var next: SegmentFile?
  var activeSummary = SegmentSummary(sealedAt: 0, lastByGroup: [])
  /// The active segment does not hold every group's hard state yet.
  private(set) var needsCarrying = true
  var sealed: [SealedSegment]
  var groups: [GroupLog] = []
  private var positions: [ShardID: Int] = [:]
  let chain = JournalChain()
  /// Reused for the binary form of entries.
  private var scratch = ByteWriter()
  /// A write failed and `fatal` came back: nothing more is written or answered.
  private(set) var isDead = false

  init(
    settings: StorageSettings, active: SegmentFile, sealed: [SealedSegment], groups: [GroupLog],
    files: WorkThread<FilesWork>, sealing: WorkThread<SealingWork>
  ) {
    self.settings = settings
    self.active = active
    self.sealed = sealed
    self.files = files
    self.sealing = sealing
    counters = Mutex(StorageStatistics())
    for group in groups { add(group) }
    sealing.submitWithoutWaiting(.prepare(number: active.number + 1))
    count()
  }

  /// One turn of the thread; false ends it.
  func run(_ work: [StorageWork]) -> Bool {
    var rest = work[...]
    while !rest.isEmpty, !isDead {
      let turn = prefix(of: rest)
      rest = rest.dropFirst(turn.count)
      // Hashing comes after the sync that callers wait for, unless a snapshot waits for the chain.
      let isSettling = turn.contains { if case .settle = $0 { true } else { false } }
      if isSettling { extendChains(turn) }
      commit(turn)
      guard !isDead else { break }
      turn.forEach(follow)
      if !isSettling { extendChains(turn) }
    }
    count()
    return !isDead
  }

  /// As much as one transaction takes.
  private func prefix(of work: ArraySlice<StorageWork>) -> ArraySlice<StorageWork> {
    var bytes = 0
    var end = work.startIndex
    while end < work.endIndex, bytes < settings.transactionBytesMax {
      bytes += work[end].bytes
      end += 1
    }
    return work[..<end]
  }

  private func extendChains(_ turn: ArraySlice<StorageWork>) {
    for work in turn {
      switch work {
      case .persist(let batch, _, _): extendChains(batch.journal)
      case .journal(let items): extendChains(items)
      default: break
      }
    }
  }

  private func commit(_ turn: ArraySlice<StorageWork>, flushing: Bool = false) {
    let writesChains = flushing || hasTooManyChainRows
    guard writesChains || turn.contains(where: writes) else { return }
    roll()
    let start = ContinuousClock.now
    do {
      try active.transaction { appender in
        if needsCarrying {
          for position in groups.indices { try carry(position, appender) }
        }
        for work in turn { try write(work, appender) }
        if writesChains { try writeAllChainRows(appender) }
      }
    } catch {
      return die("storage: cannot write \(active.path): \(error)")
    }
    needsCarrying = false
    countTransaction(since: start, turn)
  }

  private func writes(_ work: StorageWork) -> Bool {
    switch work {
    case .persist(let batch, _, _): !batch.writes.isEmpty
    case .create, .drop: true
    case .settle(let shard, _):
      position(of: shard).map { !groups[$0].waitingChain.isEmpty } ?? false
    default: false
    }
  }

  private func write(_ work: StorageWork, _ appender: SegmentFile.Appender) throws {
    switch work {
    case .persist(let batch, _, _):
      for write in batch.writes { try append(write, appender) }
    case .create(let shard, let descriptor, _):
      let position = openPosition(of: shard)
      groups[position].descriptor = descriptor
      if groups[position].isHardStateLost {
        // Created anew: what the old member promised is nobody's any more.
        groups[position].isHardStateLost = false
        groups[position].hardState = nil
      }
      groups[position].isClosed = false
      try carry(position, appender)
    case .drop(let shard, _):
      guard let position = position(of: shard) else { return }
      groups[position].close(in: active.number)
      try carry(position, appender)
    case .settle(let shard, _):
      if let position = position(of: shard) { try writeChainRows(position, appender) }
    default: break
    }
  }

  /// What comes after the transaction, in the order of the calls.
  private func follow(_ work: StorageWork) {
    switch work {
    case .persist(_, let ticket, let done): done(ticket)
    case .create(_, _, let done): done()
    case .journal: break
    case .settle(_, let then): then()
    case .drop(_, let then):
      then()
      dropSegments()
    case .load(let job): load(job)
    case .compact(let shard, let index):
      if let position = position(of: shard) { groups[position].compact(to: index) }
      dropSegments()
    case .snapshotDurable(let shard, let index):
      groups[openPosition(of: shard)].cover(to: index)
      dropSegments()
    case .snapshotsDiscarded(let shard):
      if let position = position(of: shard) { groups[position].uncover() }
    case .prepared(let file): next = file
    case .sealed(let number, let bytes):
      if let position = sealed.firstIndex(where: { $0.number == number }) {
        sealed[position].bytes = bytes
      }
      dropSegments()
    }
  }

  func die(_ message: String) {
    isDead = true
    settings.fatal(message)
  }

  func position(of shard: ShardID) -> Int? { positions[shard] }

  private func openPosition(of shard: ShardID) -> Int {
    if let position = positions[shard] { return position }
    add(GroupLog(shard: shard))
    return groups.count - 1
  }

  private func add(_ group: GroupLog) {
    positions[group.shard] = groups.count
    groups.append(group)
  }
}

// Rows.
extension LogWriter {
  private func append(_ write: GroupWrite, _ appender: SegmentFile.Appender) throws {
    let position = openPosition(of: write.shard)
    let part = encode(write, before: groups[position].checksum)
    let hardState = write.hardState.map { RowCoding.bytes(of: $0, shard: write.shard) }
    let row = try unsafe scratch.bytes.withUnsafeBytes {
      try unsafe appender.append(
        shard: write.shard, log: part, hardState: hardState, extra: takeChainRows(position),
        entries: part == nil ? UnsafeRawBufferPointer(start: nil, count: 0) : $0)
    }
    if let state = write.hardState { groups[position].hardState = state }
    guard let part else { return }
    groups[position].checksum = part.checksum
    groups[position].replace(
      from: part.first, through: part.last, segment: active.number, row: row)
    if part.last >= part.first { activeSummary.note(write.shard, last: part.last) }
  }

  /// Leaves the entries' bytes in `scratch`.
  private func encode(_ write: GroupWrite, before: UInt32) -> SegmentRow.LogPart? {
    guard let first = write.firstIndex else { return nil }
    for (offset, entry) in write.entries.enumerated() {
      precondition(
        entry.index == first.advanced(by: UInt64(offset)),
        "group \(write.shard.rawValue): entry \(entry.index.rawValue) as number \(offset) from \(first.rawValue)"
      )
    }
    precondition(first > .zero, "group \(write.shard.rawValue): rows from index 0")
    scratch.bytes.removeAll(keepingCapacity: true)
    RowCoding.put(write.entries, into: &scratch)
    let last = LogIndex(first.rawValue + UInt64(write.entries.count) - 1)
    let checksum = unsafe scratch.bytes.withUnsafeBytes {
      unsafe SegmentRow.checksum(
        before: before, shard: write.shard, first: first, last: last, entries: $0)
    }
    return SegmentRow.LogPart(first: first, last: last, before: before, checksum: checksum)
  }

  /// A group's row at the head of a segment: without it, no segment before this one could go.
  private func carry(_ position: Int, _ appender: SegmentFile.Appender) throws {
    let group = groups[position]
    let carried = RowExtra.Carried(
      descriptor: group.descriptor, checksum: group.checksum, last: group.last,
      chainHead: group.chainHead, isHardStateLost: group.isHardStateLost,
      isClosed: group.isClosed)
    // The head that is carried is newer than the rows that wait: they come first.
    let extra = RowExtra(chain: group.waitingChain, carried: carried)
    groups[position].waitingChain = []
    try unsafe appender.append(
      shard: group.shard, log: nil,
      hardState: group.hardState.map { RowCoding.bytes(of: $0, shard: group.shard) },
      extra: extra.bytes(shard: group.shard),
      entries: UnsafeRawBufferPointer(start: nil, count: 0))
  }
}

// Segments.
extension LogWriter {
  /// Goes on in the next segment if this one is full and the next is there.
  private func roll() {
    guard active.bytes >= settings.segmentBytes, let next else { return }
    activeSummary.sealedAt = settings.wallClock()
    sealed.append(
      SealedSegment(number: active.number, path: active.path, bytes: 0, summary: activeSummary))
    // The next one first: sealing takes its time, and this segment may fill up meanwhile.
    sealing.submitWithoutWaiting(.prepare(number: next.number + 1))
    sealing.submitWithoutWaiting(.seal(active, activeSummary))
    active = next
    self.next = nil
    activeSummary = SegmentSummary(sealedAt: 0, lastByGroup: [])
    needsCarrying = true
  }

  /// Drops the oldest files while no group needs anything in them and the journal need not keep
  /// them. Not before the active segment holds all hard states.
  private func dropSegments() {
    defer { countKept() }
    guard !needsCarrying else { return }
    var kept = sealed.reduce(0) { $0 + $1.bytes }
    while let oldest = sealed.first, !oldest.isBeingSealed, !isNeeded(oldest) {
      let age = settings.wallClock() - oldest.summary.sealedAt
      guard age > settings.journalMilliseconds || kept > settings.journalBytes else { return }
      kept -= oldest.bytes
      sealed.removeFirst()
      files.submitWithoutWaiting(.remove(number: oldest.number, path: oldest.path))
    }
  }

  private func isNeeded(_ segment: SealedSegment) -> Bool {
    segment.summary.lastByGroup.contains { group in
      guard let position = position(of: group.shard) else { return true }
      return groups[position].needs(segment.number, upTo: group.last)
    }
  }

  /// The last thing that is done, when no other thread is left: what waits becomes durable, and the
  /// file is sealed.
  func end() {
    if !isDead, groups.contains(where: { !$0.waitingChain.isEmpty }) {
      commit([], flushing: true)
    }
    do throws(StorageError) {
      try next?.discard()
      guard !isDead else { return try active.closeConnection() }
      guard active.rows > 0 else { return try active.discard() }
      activeSummary.sealedAt = settings.wallClock()
      try active.seal(summary: activeSummary)
    } catch {
      die("storage: \(error)")
    }
  }
}
