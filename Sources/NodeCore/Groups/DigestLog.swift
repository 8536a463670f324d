import Primitives

/// The digests that a member took lately, for whoever describes it.
struct DigestLog: Sendable {
  /// In order of index.
  private(set) var kept: [DigestAt] = []

  var last: LogIndex? { kept.last?.index }

  mutating func append(index: LogIndex, digest: Hash128, max: Int) {
    if let last = kept.last {
      guard last.index < index else { return }
    }
    kept.append(DigestAt(index: index, digest: digest))
    if kept.count > max { kept.removeFirst() }
  }

  func digest(at index: LogIndex) -> Hash128? { kept.first { $0.index == index }?.digest }

  /// True if an entry of `time` is the first of its span behind one of `previous`: all members
  /// see the same times, so they take digests at the same indexes without a word about it.
  static func isDue(previous: LogTime, time: LogTime, every span: Int64) -> Bool {
    guard span > 0, previous != .zero else { return false }
    return previous.milliseconds / span != time.milliseconds / span
  }
}
