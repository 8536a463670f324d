import Primitives

/// Which configuration holds at which index of a log. A configuration is in use from the moment its
/// entry is in the log, committed or not (Raft thesis, section 4.1): so every member knows it from
/// its own log alone, an entry that is truncated takes its configuration back, and no member has to
/// know what is committed in order to know who may vote.
struct ConfigurationLog: Sendable {
  private struct Change {
    var index: LogIndex
    var configuration: Configuration
  }

  /// Never empty; the first is the snapshot's, the others are entries of the log, in order. Few:
  /// the next change waits until the one before is committed, and snapshots take them away.
  private var changes: [Change]
  /// Raised whenever `latest` may have become another.
  private(set) var version: UInt64 = 0

  init(_ mark: SnapshotMark) {
    changes = [Change(index: mark.index, configuration: mark.configuration)]
  }

  var latest: Configuration { changes[changes.count - 1].configuration }

  /// The entry that `latest` came with; the snapshot's index if it is from there.
  var latestIndex: LogIndex { changes[changes.count - 1].index }

  /// As of an entry that isn't below the snapshot.
  func at(_ index: LogIndex) -> Configuration {
    let newest = changes.last { $0.index <= index } ?? changes[0]
    return newest.configuration
  }

  mutating func append(_ configuration: Configuration, at index: LogIndex) {
    changes.append(Change(index: index, configuration: configuration))
    version += 1
  }

  /// `index` and what follows are gone.
  mutating func truncate(from index: LogIndex) {
    guard let last = changes.last, last.index >= index else { return }
    let kept = changes.prefix { $0.index < index }
    precondition(!kept.isEmpty, "truncation at \(index.rawValue) below the snapshot")
    changes = Array(kept)
    version += 1
  }

  /// A snapshot of this very log stands for all up to it.
  mutating func compact(to mark: SnapshotMark) {
    // What lies under the log came from elsewhere, and so may the snapshot: it knows best.
    if let entry = changes.last(where: { $0.index <= mark.index }), entry.index > changes[0].index {
      precondition(
        entry.configuration == mark.configuration,
        "snapshot at \(mark.index.rawValue) names other members than \(entry.index.rawValue)")
    }
    restart(from: mark)
  }

  /// Nothing is left but a snapshot.
  mutating func reset(to mark: SnapshotMark) {
    changes = [Change(index: mark.index, configuration: mark.configuration)]
    version += 1
  }

  /// A snapshot stands for all up to it; what follows it stays.
  mutating func restart(from mark: SnapshotMark) {
    let newer = changes.filter { $0.index > mark.index }
    changes = [Change(index: mark.index, configuration: mark.configuration)] + newer
    version += 1
  }
}
