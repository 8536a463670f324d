import Primitives

/// A leader's lease (rule L1): while it runs nobody else can have committed anything. It comes from
/// entries of the leader's own term that were committed, counted from when they were *created*.
struct Lease: Sendable {
  /// An entry that is not committed yet, and until when it gives a lease if it will be.
  private struct Note {
    var index: LogIndex
    var end: PairedInstant
  }

  /// How long each entry of this leader's gives a lease, on its own clocks.
  private let length: UInt64
  /// In order of index; the first `done` are committed.
  private var notes: [Note] = []
  private var done = 0
  private(set) var end = PairedInstant.past
  /// The newest entry whose creation was noted.
  private var newest = PairedInstant.past
  /// Commits in a row that came when the lease that they give was over.
  private var lateCommits = 0

  /// Entries that are noted at once. As many as may be uncommitted; one beyond that is an entry
  /// without a lease, and no harm.
  static let notesMax = 65_536
  /// Late commits in a row after which the lease is too short for this group: one may be a pause.
  static let lateCommitsMax = 8

  init(_ terms: LeaseTerms) { length = terms.length }

  /// The leader made an entry. `reading` is not later than that (rule L9).
  mutating func created(_ index: LogIndex, at reading: ClockReading) {
    guard length > 0, notes.count - done < Self.notesMax else { return }
    newest = PairedInstant(length, after: reading)
    notes.append(Note(index: index, end: newest))
  }

  /// All entries up to `index` are committed. The lease ends with that of them that lasts longest,
  /// and never earlier than it did (trap 17). True when Δ has proved to be below a round trip and a
  /// sync, so that entries that commit give no lease (rule L5).
  mutating func committed(upTo index: LogIndex, now: ClockReading) -> Bool {
    let before = done
    while done < notes.count, notes[done].index <= index {
      if notes[done].end.isNoEarlier(than: end) { end = notes[done].end }
      done += 1
    }
    let isLate = done > before && !runs(now)
    if done > before { lateCommits = isLate ? lateCommits + 1 : 0 }
    forgetDone()
    return isLate && lateCommits == Self.lateCommitsMax
  }

  private mutating func forgetDone() {
    guard done == notes.count || done >= 256 else { return }
    notes.removeFirst(done)
    done = 0
  }

  #if HOLDFAST_MUTANTS
    mutating func countFromNow(_ now: ClockReading) {
      if length > 0 { end = end.later(PairedInstant(length, after: now)) }
    }
  #endif

  func runs(_ now: ClockReading) -> Bool { !end.mayHavePassed(now) }

  /// Less than a third is left, and no newer entry is on its way to a majority (rule L6).
  func isLow(_ now: ClockReading) -> Bool {
    length > 0 && end.left(now) < length / 3 && newest.left(now) < length / 3
  }

  /// Gives it back (rule L7): only entries that are made after this give a lease again.
  mutating func release() {
    end = .past
    newest = .past
    notes = []
    done = 0
  }
}
