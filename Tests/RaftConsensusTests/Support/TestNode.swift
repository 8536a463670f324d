import Primitives

@testable import RaftConsensus

/// A member with its disk and application: the smallest shell that does what effects say.
struct TestNode {
  let member: MemberID
  let settings: RaftSettings
  var disk: TestDisk
  var group: RaftGroup
  var state = TestState()
  var isUp = true
  /// Rows were lost and rule C9 has not brought the member back yet.
  var lostRows = false
  var clock = TestClock()
  /// The process stands still in the middle of a turn.
  var pause: TestPause?
  private var receiving: [UInt8] = []
  /// A received snapshot that is being made durable.
  private var saving: (mark: SnapshotMark, state: TestState?)?
  private var loads: [LoadRequest] = []
  private var snapshotReads: [SnapshotRead] = []
  private var effects = RaftEffects()

  init(
    member: MemberID, configuration: Configuration, settings: RaftSettings, now: UInt64,
    seed: UInt64
  ) {
    self.member = member
    self.settings = settings
    disk = TestDisk(configuration: configuration)
    group = RaftGroup(
      member: member, shard: ShardID(7), settings: settings, restored: disk.restored(),
      now: reading(now), seed: seed)
  }

  mutating func crash(keeping count: Int) {
    isUp = false
    pause = nil
    disk.crash(keeping: count)
    receiving = []
    saving = nil
    loads = []
    snapshotReads = []
  }

  /// Somebody found out that its state is wrong (rule C10).
  mutating func takeOut(now: UInt64) {
    group.takeOut(now: clock.reading(now))
    disk.discardSnapshot()
    state = TestState()
    receiving = []
    saving = nil
    lostRows = true
  }

  mutating func restart(now: UInt64, seed: UInt64) {
    isUp = true
    if disk.hardState.standing == .rebuilding { disk.discardSnapshot() }
    state = disk.snapshotState
    state.index = disk.snapshot.index
    group = RaftGroup(
      member: member, shard: ShardID(7), settings: settings,
      restored: disk.restored(isFlawed: lostRows), now: clock.reading(now), seed: seed)
  }

  /// The disk finishes its oldest `count` writes; what waited for them may leave.
  mutating func finishWrites(_ count: Int, now: UInt64) -> [Message] {
    var messages: [Message] = []
    for write in disk.waiting.prefix(count) {
      disk.apply(write.request)
      group.persisted(write.request.receipt, now: clock.reading(now))
      messages += write.sendAfter
    }
    disk.waiting.removeFirst(min(count, disk.waiting.count))
    return messages
  }

  /// The disk answers loads and snapshot reads, and finishes a received snapshot.
  mutating func finishReads(now: UInt64) {
    for load in loads {
      let rows = disk.rows.filter { $0.index >= load.from && $0.index <= load.upTo }
      group.loaded(
        load, entries: rows.first?.index == load.from ? rows : [], now: clock.reading(now))
    }
    loads = []
    for read in snapshotReads { answer(read, now: now) }
    snapshotReads = []
    if let saving { install(saving.mark, saving.state, now: now) }
    saving = nil
  }

  private mutating func answer(_ read: SnapshotRead, now: UInt64) {
    guard read.mark == disk.snapshot else {
      group.snapshotUnavailable(read, now: clock.reading(now))
      return
    }
    let bytes = disk.snapshotState.bytes
    let start = Int(read.offset)
    let end = min(start + read.maxBytes, bytes.count)
    group.snapshotChunk(
      read, bytes: Array(bytes[start..<end]), isLast: end == bytes.count, now: clock.reading(now))
  }

  private mutating func install(_ mark: SnapshotMark, _ received: TestState?, now: UInt64) {
    guard let received, received.index == mark.index else {
      group.snapshotRefused(mark, now: clock.reading(now))
      return
    }
    disk.save(mark, received)
    if group.snapshotInstalled(mark, now: clock.reading(now)) { state = received }
  }

  mutating func compact(now: ClockReading) {
    guard state.index > disk.snapshot.index, let term = group.term(at: state.index) else { return }
    let mark = SnapshotMark(
      index: state.index, term: term, logTime: state.logTime,
      configuration: group.configuration(at: state.index), lease: group.leaseToRemember(now: now))
    disk.save(mark, state)
    group.compact(to: mark)
  }

  /// Ends a turn; what is left for the network and the checkers.
  mutating func turn(now: UInt64) -> RaftEffects { turn(reading: clock.reading(now)) }

  mutating func turn(reading: ClockReading) -> RaftEffects {
    group.takeEffects(now: reading, into: &effects)
    if let request = effects.persist {
      disk.waiting.append(TestDisk.Write(request: request, sendAfter: effects.sendAfterPersist))
    }
    for entry in effects.committed { state.apply(entry) }
    group.applied(upTo: state.index)
    loads += effects.loads
    snapshotReads += effects.snapshotReads
    for chunk in effects.snapshotChunks {
      if chunk.offset == 0 { receiving = [] }
      receiving += chunk.bytes
      if chunk.isLast { saving = (chunk.mark, TestState(bytes: receiving)) }
    }
    return effects
  }
}

func reading(_ now: UInt64) -> ClockReading {
  ClockReading(boot: now, raw: now, wall: Int64(now / 1_000_000))
}
