import Primitives
import StockLedger

/// The ledger of one group. Two optionals and not an enum: a ledger is changed where it lies, so
/// that its pages stay uniquely referenced and are not copied.
struct Books: Sendable {
  private(set) var shard: ShardLedger?
  private(set) var meta: MetaLedger?

  init(_ ledger: ShardLedger) { shard = ledger }
  init(_ ledger: MetaLedger) { meta = ledger }

  var index: LogIndex { shard?.appliedIndex ?? meta?.appliedIndex ?? .zero }
  var term: Term { shard?.appliedTerm ?? meta?.appliedTerm ?? .zero }
  var logTime: LogTime { shard?.logTime ?? meta?.logTime ?? .zero }
  var catalogVersion: UInt64 { shard?.catalogVersion ?? meta?.catalogVersion ?? 0 }
  var nextDeadline: LogTime? { shard?.nextDeadline }

  /// Rows that a whole check would walk.
  var rows: Int {
    guard let sizes = shard?.sizes else { return 0 }
    return sizes.liveLines + sizes.accounts + sizes.rememberedRequests
  }

  mutating func apply(
    payload: [UInt8], index: LogIndex, term: Term, logTime: LogTime, outcomes: inout ByteWriter
  ) {
    shard?.apply(
      payload: payload, index: index, term: term, logTime: logTime, outcomes: &outcomes)
    meta?.apply(payload: payload, index: index, term: term, logTime: logTime, outcomes: &outcomes)
  }

  mutating func advance(index: LogIndex, term: Term, logTime: LogTime) {
    shard?.advance(index: index, term: term, logTime: logTime)
    meta?.advance(index: index, term: term, logTime: logTime)
  }

  /// The catalog's digest, at once: it is small; nil for a shard's ledger.
  mutating func digestOfMeta() -> Hash128? { meta?.digest() }

  /// A shard's digest, to be worked out in steps; nil for the catalog.
  func startDigest() -> DigestWork? { shard?.startDigest() }

  mutating func adoptHashes(of work: DigestWork) { shard?.adoptHashes(of: work) }

  func snapshot() -> LedgerSnapshot { shard?.snapshot() ?? meta!.snapshot() }

  mutating func miscount(pick: UInt64) -> Bool { shard?.miscount(pick: pick) ?? false }

  func checkInvariants() {
    shard?.checkInvariants()
    meta?.checkInvariants()
  }
}
