import NodeCore
import Primitives
import RaftConsensus

// The arithmetic of barriers, worked out a second time (rule L3): behind whatever arrived, a member
// waits for as long as that asks for, by its own clocks, from when it truly came.

/// An entry that a member did not have, and the wait that it was made under.
struct NewEntry {
  var shard: ShardID
  var position: LogPosition
  var wait: UInt64
}

extension Simulation {
  /// Of each append the new entry that asks for the longest wait.
  func newEntries(in envelope: PeerEnvelope, on at: Int) -> [NewEntry] {
    guard plan.leaseMilliseconds > 0 else { return [] }
    var found: [NewEntry] = []
    for message in envelope.messages {
      guard case .append(let append) = message.body, !append.entries.isEmpty,
        let group = group(message.shard, at)
      else { continue }
      var longest: NewEntry?
      for entry in append.entries
      where nodes[at].core!.logTerm(entry.index, of: group) != entry.term {
        let new = NewEntry(
          shard: message.shard, position: LogPosition(term: entry.term, index: entry.index),
          wait: entry.wait)
        if new.wait > longest?.wait ?? 0 { longest = new }
      }
      if let longest { found.append(longest) }
    }
    return found
  }

  func checkBarriers(behind new: [NewEntry], arrived: ClockReading, on at: Int) {
    for entry in new {
      guard let group = group(entry.shard, at),
        nodes[at].core!.logTerm(entry.position.index, of: group) == entry.position.term
      else { continue }
      checkBarrier(group, entry.shard, lastsFor: entry.wait, from: arrived, at)
    }
  }

  private func checkBarrier(
    _ group: Int, _ shard: ShardID, lastsFor wait: UInt64, from reading: ClockReading, _ at: Int
  ) {
    guard wait > 0 else { return }
    let justBefore = ClockReading(
      boot: reading.boot + wait - 1, raw: reading.raw + wait - 1, wall: reading.wall)
    guard !nodes[at].core!.waitsForLeases(group, at: justBefore) else { return }
    fail(
      "L3",
      "node \(at + 1), shard \(shard.rawValue): does not wait \(wait / 1_000_000) ms behind what "
        + "arrived")
  }

  /// A process has started: all that it found counts as arrived now, and where it found less than it
  /// once acknowledged it promises nothing until it is repaired (rule C9).
  func noteStart(from restored: [RestoredShard], _ reading: ClockReading, on at: Int) {
    nodes[at].configurations = []
    nodes[at].leads = []
    nodes[at].votes = restored.map { ($0.shard, $0.hardState.term, $0.hardState.vote) }
    nodes[at].unfit = []
    for found in restored {
      let mark = found.mark?.lease ?? .none
      let longest = found.entries.reduce(mark.wait) { max($0, $1.wait) }
      if let group = group(found.shard, at) {
        checkBarrier(group, found.shard, lastsFor: longest, from: reading, at)
      }
      let promised = LogPosition(
        term: found.hardState.ackedTerm, index: found.hardState.ackedIndex)
      if found.isFlawed || found.last < promised { nodes[at].unfit.append((found.shard, promised)) }
    }
  }
}

extension Entry {
  /// How long whoever receives it commits nothing.
  fileprivate var wait: UInt64 {
    LeaseTerms(milliseconds: leaseMilliseconds, ratePPM: clockRatePPM).wait
  }
}

extension RestoredShard {
  fileprivate var last: LogPosition {
    entries.last.map { LogPosition(term: $0.term, index: $0.index) }
      ?? mark.map { LogPosition(term: $0.term, index: $0.index) } ?? .zero
  }
}
