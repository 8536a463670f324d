import Primitives
import Synchronization

extension LogWriter {
  func countTransaction(since start: ContinuousClock.Instant, _ turn: ArraySlice<StorageWork>) {
    let elapsed = (ContinuousClock.now - start).components
    let microseconds =
      UInt64(elapsed.seconds) * 1_000_000 + UInt64(elapsed.attoseconds / 1_000_000_000_000)
    let (batches, bytes) = turn.reduce((UInt64(0), UInt64(0))) { sums, work in
      guard case .persist = work else { return sums }
      return (sums.0 + 1, sums.1 + UInt64(work.bytes))
    }
    counters.withLock {
      $0.syncs += 1
      $0.batches += batches
      $0.bytes += bytes
      $0.syncLatency.record(microseconds: microseconds)
    }
  }

  /// How much of the sealed segments stays for each group's sake: all from its oldest row on.
  func countKept() {
    var kept: [ShardID: Int64] = [:]
    for group in groups {
      guard let oldest = group.pieces.first?.segment, oldest < active.number else { continue }
      kept[group.shard] = sealed.reduce(0) { $1.number < oldest ? $0 : $0 + $1.bytes }
    }
    counters.withLock { $0.keptBytes = kept }
  }

  func count() {
    counters.withLock {
      $0.segments = sealed.count + 1
      $0.sealedBytes = sealed.reduce(0) { $0 + $1.bytes }
    }
  }
}
