import Primitives
import RaftConsensus

/// What the expected output implies of each member: its hard state, what it committed, and its
/// members. The trace itself is another implementation's own and only read for this.
struct Projection {
  /// One member, as far as the output told. A number is unknown until it was printed, and again
  /// whenever the script ran something without printing it.
  struct Known {
    var member: MemberID
    var hardState: (term: UInt64, vote: UInt64, commit: UInt64)?
    var configuration: String?
    var committed: [(index: UInt64, text: String)] = []
  }

  private(set) var members: [Known] = []

  /// Something ran unseen: what was committed stays so, the rest may have changed.
  mutating func forget() {
    for at in members.indices {
      members[at].hardState = nil
      members[at].configuration = nil
    }
  }

  /// Reads one stanza's output. `alone`: the member that it is about where it has no headings.
  mutating func read(_ output: String, alone: UInt64?) {
    var subject = alone
    var isCommitted = false
    for line in output.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      guard let first = words.first else { continue }
      if isCommitted, let subject, let index = Self.entryIndex(words) {
        note(index, trimmedText(String(line)), subject)
        continue
      }
      isCommitted = first == "CommittedEntries:"
      switch first {
      case ">": subject = words.count > 1 ? UInt64(words[1]) : nil
      case "HardState": if let subject { read(hardState: words, subject) }
      case "INFO": read(configuration: words)
      default: break
      }
    }
  }

  /// `1/4` and a kind that is an entry's.
  private static func entryIndex(_ words: [String]) -> UInt64? {
    guard words.count > 1, words[1].hasPrefix("Entry") else { return nil }
    let parts = words[0].split(separator: "/")
    return parts.count == 2 && UInt64(parts[0]) != nil ? UInt64(parts[1]) : nil
  }

  private mutating func note(_ index: UInt64, _ text: String, _ member: UInt64) {
    let at = position(member)
    members[at].committed.removeAll { $0.index == index }
    members[at].committed.append((index, text))
  }

  /// `HardState Term:1 Vote:1 Commit:2`; without a vote it is nobody's.
  private mutating func read(hardState words: [String], _ member: UInt64) {
    var state: (term: UInt64, vote: UInt64, commit: UInt64) = (0, 0, 0)
    for word in words.dropFirst() {
      let parts = word.split(separator: ":")
      guard parts.count == 2, let number = UInt64(parts[1]) else { continue }
      switch parts[0] {
      case "Term": state.term = number
      case "Vote": state.vote = number
      case "Commit": state.commit = number
      default: break
      }
    }
    members[position(member)].hardState = state
  }

  /// `INFO 1 switched to configuration voters=(1 2)`.
  private mutating func read(configuration words: [String]) {
    guard words.count > 5, words[2] == "switched", let member = UInt64(words[1]) else { return }
    members[position(member)].configuration = words[5...].joined(separator: " ")
  }

  private mutating func position(_ member: UInt64) -> Int {
    if let at = members.firstIndex(where: { $0.member.rawValue == member }) { return at }
    members.append(Known(member: MemberID(member)))
    return members.count - 1
  }
}

extension Projection.Known {
  /// What differs between the output and a member; nil where nothing does.
  func difference(from node: ScriptNode, _ names: ChangeNames) -> (
    expected: String, actual: String
  )? {
    for entry in committed {
      let own = node.committed[LogIndex(entry.index)].map { names.text($0) }
      // What a snapshot stood for was not handed out one by one.
      if own == nil, node.applied.rawValue >= entry.index { continue }
      if own != entry.text { return ("committed \(entry.text)", "committed \(own ?? "nothing")") }
    }
    if let hardState {
      let own = node.group.hardState
      let ours = (own.term.rawValue, own.vote.rawValue, node.group.commitIndex.rawValue)
      if ours != hardState {
        return (
          "term \(hardState.term) vote \(hardState.vote) commit \(hardState.commit)",
          "term \(ours.0) vote \(ours.1) commit \(ours.2)"
        )
      }
    }
    if let configuration {
      let own = configurationText(node.group.configuration(at: node.applied))
      if own != configuration { return (configuration, own) }
    }
    return nil
  }
}
