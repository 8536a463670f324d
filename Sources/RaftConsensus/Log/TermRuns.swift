import Primitives

/// The terms of a log by index, as runs of equal terms. Few even for a long log, so the term of an
/// entry is known when the entry itself is only on disk.
struct TermRuns: Sendable {
  private struct Run {
    var first: LogIndex
    var term: Term
  }

  /// Never empty; the first run begins at `floor`.
  private var runs: [Run]
  private(set) var last: LogIndex

  init(floor: LogPosition) {
    runs = [Run(first: floor.index, term: floor.term)]
    last = floor.index
  }

  /// The lowest index whose term is known.
  var floor: LogIndex { runs[0].first }

  var lastTerm: Term { runs[runs.count - 1].term }

  /// Nil outside of `floor...last`.
  func term(at index: LogIndex) -> Term? {
    guard index >= floor, index <= last else { return nil }
    return runs[run(of: index)].term
  }

  /// The highest index at or below `index` whose term is at most `term`: everything between has a
  /// higher term and so can't agree with a log that ends in `term` (Raft thesis, section 3.5, as in
  /// etcd's findConflictByTerm). Nil when that is below the floor.
  func highest(atOrBelow index: LogIndex, withTermAtMost term: Term) -> LogPosition? {
    guard index >= floor else { return nil }
    var top = min(index, last)
    var at = run(of: top)
    while runs[at].term > term {
      guard at > 0 else { return nil }
      top = runs[at].first.previous
      at -= 1
    }
    return LogPosition(term: runs[at].term, index: top)
  }

  mutating func append(_ term: Term) {
    last = last.next
    precondition(
      term >= lastTerm, "term \(term.rawValue) at \(last.rawValue) after \(lastTerm.rawValue)")
    if term != lastTerm { runs.append(Run(first: last, term: term)) }
  }

  /// Forgets `index` and what follows.
  mutating func truncate(from index: LogIndex) {
    precondition(index > floor, "truncation at \(index.rawValue), floor \(floor.rawValue)")
    guard index <= last else { return }
    last = index.previous
    while runs[runs.count - 1].first > last { runs.removeLast() }
  }

  /// Forgets what is below `index`, whose own term stays known.
  mutating func raiseFloor(to index: LogIndex) {
    guard index > floor, index <= last else { return }
    let keep = run(of: index)
    runs.removeFirst(keep)
    runs[0].first = index
  }

  /// Binary search for the last run that begins at or before `index`.
  private func run(of index: LogIndex) -> Int {
    var low = 0
    var high = runs.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if runs[middle].first <= index { low = middle } else { high = middle - 1 }
    }
    return low
  }
}
