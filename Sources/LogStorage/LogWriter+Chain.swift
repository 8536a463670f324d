import Primitives
import RaftConsensus

// The journal's chain: digests are computed when entries have been applied, and ride along with
// whatever the group writes next.
extension LogWriter {
  func extendChains(_ items: [JournalItem]) {
    for item in items {
      guard let position = position(of: item.shard), !groups[position].isClosed else { continue }
      let head = groups[position].chainHead
      // After a restart entries are applied again that the chain already has.
      if let head, item.entry.index <= head.index { continue }
      let row = chain.row(after: head, entry: item.entry, outcomes: item.outcomes)
      groups[position].chainHead = row
      groups[position].waitingChain.append(row)
    }
  }

  var hasTooManyChainRows: Bool {
    groups.reduce(0) { $0 + $1.waitingChain.count } > settings.waitingChainRowsMax
  }

  /// The waiting rows of a group in their binary form; nil if there are none.
  func takeChainRows(_ position: Int) -> [UInt8]? {
    guard !groups[position].waitingChain.isEmpty else { return nil }
    let extra = RowExtra(chain: groups[position].waitingChain)
    groups[position].waitingChain = []
    return extra.bytes(shard: groups[position].shard)
  }

  func writeChainRows(_ position: Int, _ appender: SegmentFile.Appender) throws {
    guard let extra = takeChainRows(position) else { return }
    try unsafe appender.append(
      shard: groups[position].shard, log: nil, hardState: nil, extra: extra,
      entries: UnsafeRawBufferPointer(start: nil, count: 0))
  }

  func writeAllChainRows(_ appender: SegmentFile.Appender) throws {
    for position in groups.indices { try writeChainRows(position, appender) }
  }
}
