// What an operator or a test may set about one lane's files.

/// Sizes, times and the two doors to the world (the wall clock and the end of the process) of one
/// `LogStore`.
package struct StorageSettings: Sendable {
  /// A segment takes no more batches once it holds this many bytes of rows.
  package var segmentBytes = 64 << 20
  /// Sealed segments that no group needs are kept for the journal this long …
  package var journalMilliseconds: Int64 = 7 * 86_400_000
  /// … and no longer than all sealed segments together stay below this size.
  package var journalBytes: Int64 = 50 << 30
  /// Recovery gives back at most this many bytes of the newest entries of a group; older ones
  /// come by `load`. Consensus wants all that follow the snapshot, so by default there is no bound
  /// but the distance between snapshots.
  package var recoveredTailBytes = Int.max
  /// Waiting batches that become one transaction: at most this many, …
  package var batchesPerTransactionMax = 1024
  /// … and no further one once this many payload bytes are in it.
  package var transactionBytesMax = 8 << 20
  /// Work that may wait before callers of `persist` wait too.
  package var queueMax = 4096
  /// Chain rows that wait for the next transaction before they get one of their own.
  package var waitingChainRowsMax = 8192
  /// Milliseconds since 1970 UTC; only the age of sealed segments is measured by it.
  package var wallClock: @Sendable () -> Int64
  /// Ends the process after a failed write or sync. A test may come back from it; the store then
  /// does nothing more and answers nothing more.
  package var fatal: @Sendable (String) -> Void

  package init(
    wallClock: @escaping @Sendable () -> Int64 = systemWallMilliseconds,
    fatal: @escaping @Sendable (String) -> Void = endProcess
  ) {
    self.wallClock = wallClock
    self.fatal = fatal
  }
}
