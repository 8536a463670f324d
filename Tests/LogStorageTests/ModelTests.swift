import Primitives
import RaftConsensus
import Testing

@testable import LogStorage

/// What a store must remember, in plain arrays.
struct DumbLog {
  var hardState: HardState?
  var snapshot: SnapshotMark?
  /// Entry `i` stands at position `i - 1`, from the first on.
  var entries: [Entry] = []

  mutating func take(_ write: GroupWrite) {
    if let state = write.hardState { hardState = state }
    guard let first = write.firstIndex else { return }
    entries.removeLast(entries.count - Int(first.rawValue - 1))
    entries += write.entries
  }

  var tail: [Entry] { Array(entries.dropFirst(Int(snapshot?.index.rawValue ?? 0))) }
}

@Suite struct ModelTests {
  /// Random writes of three groups with truncations, over many small segments, snapshots and
  /// restarts, clean ones and crashes.
  @Test(arguments: UInt64(1)...6)
  func randomWritesAreRememberedAsTheModelDoes(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var directory = TemporaryDirectory()
    var settings = StorageSettings.small(12 << 10)
    // Half of the seeds drop what they can.
    if seed % 2 == 0 { settings.journalBytes = 0 }
    var (store, _) = try LogStore.open(directory: directory.path, settings: settings)
    var models = [DumbLog](repeating: DumbLog(), count: 3)

    for step in 1...240 {
      let writes = (0..<3).compactMap { group in
        random.chance(2, in: 3) ? randomWrite(&random, group, models[group], step) : nil
      }
      guard !writes.isEmpty else { continue }
      for write in writes { models[Int(write.shard.rawValue) - 1].take(write) }
      store.persistNow(writes)
      if random.chance(1, in: 6) { try check(store, models, &random) }
      if random.chance(1, in: 12) { snapshot(store, &models, &random) }
      if random.chance(1, in: 20) {
        let next = random.chance(1, in: 2) ? try directory.copy() : directory
        store.close()
        directory = next
        let (opened, groups) = try LogStore.open(directory: directory.path, settings: settings)
        compare(groups, models)
        store = opened
      }
    }
    try check(store, models, &random)
    store.close()
  }

  private func randomWrite(
    _ random: inout SeededRandom, _ group: Int, _ model: DumbLog, _ step: Int
  ) -> GroupWrite {
    let last = UInt64(model.entries.count)
    let base = model.snapshot?.index.rawValue ?? 0
    var first = last + 1
    if random.chance(1, in: 5), last > base { first = base + 1 + random.below(last - base) }
    let count = random.below(4)
    let term = UInt64(step)
    let new = (0..<count).map { offset in
      entry(first + offset, term: term, bytes: Int(random.below(1200)))
    }
    let acked = new.last.map(\.index.rawValue) ?? 0
    return GroupWrite(
      shard: ShardID(UInt32(group + 1)),
      // A truncation below what was acknowledged comes with a hard state that knows of it.
      hardState: random.chance(3, in: 4) || model.hardState == nil || first <= last
        ? state(term: term, vote: UInt64(group), acked: acked) : nil,
      firstIndex: LogIndex(first), entries: new)
  }

  private func snapshot(
    _ store: LogStore, _ models: inout [DumbLog], _ random: inout SeededRandom
  ) {
    let group = Int(random.below(3))
    let base = models[group].snapshot?.index.rawValue ?? 0
    let last = UInt64(models[group].entries.count)
    guard last > base else { return }
    let index = base + 1 + random.below(last - base)
    let taken = mark(index, term: models[group].entries[Int(index) - 1].term.rawValue)
    store.snapshotNow(ShardID(UInt32(group + 1)), taken, chunks: [[1, 2], [3]])
    store.compact(shard: ShardID(UInt32(group + 1)), to: LogIndex(index))
    models[group].snapshot = taken
  }

  private func check(
    _ store: LogStore, _ models: [DumbLog], _ random: inout SeededRandom
  ) throws {
    for (group, model) in models.enumerated() where !model.tail.isEmpty {
      let from = model.tail[0].index.rawValue + random.below(UInt64(model.tail.count))
      let upTo = UInt64(model.entries.count)
      let loaded = try store.loadAll(
        ShardID(UInt32(group + 1)), from, upTo, maxBytes: 1 + Int(random.below(5000)))
      #expect(loaded == Array(model.entries[(Int(from) - 1)...]))
    }
  }

  private func compare(_ groups: [RecoveredGroup], _ models: [DumbLog]) {
    for group in groups {
      let model = models[Int(group.shard.rawValue) - 1]
      #expect(group.hardState == model.hardState)
      #expect(group.snapshot == model.snapshot)
      #expect(group.entries == model.tail)
      #expect(group.flaw == nil)
    }
    #expect(groups.count == models.count(where: { $0.hardState != nil }))
  }
}
