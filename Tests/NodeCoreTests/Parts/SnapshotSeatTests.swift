import Primitives
import RaftConsensus
import StockLedger
import Testing

@testable import NodeCore

@Suite struct SnapshotSeatTests {
  private static func own(at index: UInt64) -> SnapshotWork {
    let ledger = ShardLedger(shard: ShardID(2), limits: LedgerLimits())
    let mark = SnapshotMark(
      index: LogIndex(index), term: Term(3), logTime: .zero,
      configuration: Configuration(voters: [MemberID(1)]),
      lease: LeaseTerms(milliseconds: 0, ratePPM: 0))
    return SnapshotWork(
      shard: ShardID(2), mark: mark, snapshot: Books(ledger).snapshot(), isInstalled: false)
  }

  /// Entries that others committed are applied before they are on the own disk. Saved then, and after
  /// a crash, the snapshot stood beside rows of an earlier term that its entries were to replace, and
  /// the log went on behind those (a random run: term 10 behind rows of term 9).
  @Test func ruleC1_anOwnSnapshotIsSavedWhenItsEntriesAreDurable() {
    var seat = SnapshotSeat()
    seat.started(Self.own(at: 7))
    #expect(!seat.isIdle)
    let saves = [6, 7, 8].map { seat.takeHeld(durable: LogIndex($0))?.mark.index }
    #expect(saves == [nil, LogIndex(7), nil])
    let isOwn = seat.saved(Self.own(at: 7).mark)
    #expect(isOwn)
    let compacted = seat.takeCompaction(durable: LogIndex(7))
    #expect(compacted?.index == LogIndex(7))
    #expect(seat.isIdle)
  }
}
