import Primitives
import RaftConsensus

/// What the store knows of one group while it runs, and what recovery builds up: where the rows of
/// its log are, and the newest of everything else.
struct GroupLog {
  let shard: ShardID
  var descriptor: [UInt8] = []
  var hardState: HardState?
  /// Rule C9: until the group is created anew, under a new member id.
  var isHardStateLost = false
  /// All rows up to here were let go when the group was closed: none of a segment before this one
  /// counts, whatever it says.
  private(set) var droppedIn: UInt64 = 0
  /// Closed, and not created again since.
  var isClosed = false
  /// The chained checksum of the newest log row.
  var checksum: UInt32 = 0
  /// The log's last index as it was written.
  var last: LogIndex = .zero
  var chainHead: ChainRow?
  /// Chain rows that wait for the group's next row.
  var waitingChain: [ChainRow] = []
  /// Where the live entries are: ascending, never overlapping.
  var pieces: [Piece] = []
  /// Up to here the group asked to be compacted.
  private(set) var compacted: LogIndex = .zero
  /// Up to here a durable snapshot stands for the log.
  private(set) var covered: LogIndex = .zero

  /// No entry up to here is needed by the group.
  var floor: LogIndex { min(compacted, covered) }

  /// Consecutive entries in consecutive rows (of possibly many groups) of one segment. Bounded in
  /// rows, so that finding an entry by walking them takes a bounded time and no index is written.
  struct Piece: Equatable {
    static let rowsMax: Int64 = 256
    var segment: UInt64
    var first: LogIndex
    var last: LogIndex
    var firstRow: Int64
    var lastRow: Int64
    /// Some of its rows are superseded; nothing may be added to it.
    var cut = false
  }

  init(shard: ShardID) { self.shard = shard }

  /// A row holding `first…through` was written (none if `through` is just before `first`): all
  /// that stood at or above `first` is gone.
  mutating func replace(from first: LogIndex, through last: LogIndex, segment: UInt64, row: Int64) {
    while let piece = pieces.last, piece.last >= first {
      if piece.first >= first {
        pieces.removeLast()
      } else {
        pieces[pieces.count - 1].last = first.previous
        pieces[pieces.count - 1].cut = true
      }
    }
    self.last = last
    guard last >= first else { return }
    if let piece = pieces.last, !piece.cut, piece.segment == segment, piece.last.next == first,
      row - piece.firstRow < Piece.rowsMax
    {
      pieces[pieces.count - 1].last = last
      pieces[pieces.count - 1].lastRow = row
    } else {
      pieces.append(
        Piece(segment: segment, first: first, last: last, firstRow: row, lastRow: row))
    }
  }

  /// The group needs no entry up to `index`, once a snapshot covers it.
  mutating func compact(to index: LogIndex) {
    compacted = max(compacted, index)
    dropPieces()
  }

  /// A snapshot of `index` is durable.
  mutating func cover(to index: LogIndex) {
    covered = max(covered, index)
    dropPieces()
  }

  /// The group is closed: its log is empty and begins anew, in this segment or a later one.
  mutating func close(in segment: UInt64) {
    isClosed = true
    droppedIn = segment
    checksum = 0
    last = .zero
    chainHead = nil
    waitingChain = []
    pieces = []
    uncover()
  }

  /// No snapshot stands for the log any more.
  mutating func uncover() {
    compacted = .zero
    covered = .zero
  }

  /// Something in a segment, up to `last` there, is needed by the group.
  func needs(_ segment: UInt64, upTo last: LogIndex) -> Bool {
    !isClosed && segment >= droppedIn && last > floor
  }

  private mutating func dropPieces() {
    let kept = pieces.firstIndex { $0.last > floor } ?? pieces.count
    if kept > 0 { pieces.removeFirst(kept) }
  }

  /// The position in `pieces` of the one that holds `index`.
  func piece(holding index: LogIndex) -> Int? {
    var low = 0
    var high = pieces.count
    while low < high {
      let middle = (low + high) / 2
      if pieces[middle].last < index { low = middle + 1 } else { high = middle }
    }
    return low < pieces.count && pieces[low].first <= index ? low : nil
  }
}
