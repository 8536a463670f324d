import Primitives
import RaftConsensus

/// What `add-nodes` says of its members.
struct NodeOptions {
  /// The scripts count ticks: a heartbeat each, an election after three.
  static let tick: UInt64 = 1_000_000_000
  static let electionTicks = 3

  var mark: SnapshotMark
  var settings = RaftSettings()
  var isAsynchronous = false
  var hasLeaseReads = false

  init(_ stanza: Stanza) throws(ScriptError) {
    var voters: [MemberID] = []
    var learners: [MemberID] = []
    for word in stanza.values("voters") ?? [] { voters.append(MemberID(try number(word, stanza))) }
    for word in stanza.values("learners") ?? [] {
      learners.append(MemberID(try number(word, stanza)))
    }
    let index = LogIndex(
      try stanza.value("index").map { (word) throws(ScriptError) in
        try number(word, stanza)
      } ?? 0)
    // What the members begin with was never an entry: it is of no term.
    mark = SnapshotMark(
      index: index, term: .zero, logTime: .zero,
      configuration: Configuration(voters: voters, learners: learners), lease: .none)
    isAsynchronous = stanza.isOn("async-storage-writes")
    hasLeaseReads = stanza.value("read-only") == "lease-based"
    try set(stanza)
  }

  private mutating func set(_ stanza: Stanza) throws(ScriptError) {
    settings.heartbeatNanoseconds = Self.tick
    settings.electionNanoseconds = Self.tick * 3...Self.tick * 5
    settings.inFlightMessagesMax = try Int(
      stanza.value("inflight").map { (word) throws(ScriptError) in try number(word, stanza) }
        ?? 1_000_000)
    if let bytes = stanza.value("max-committed-size-per-ready") {
      settings.handOutBytesMax = Int(try number(bytes, stanza))
    }
    settings.plain = [.admitsAnybody, .plainHandOver]
    if !stanza.isOn("prevote") { settings.plain.insert(.noPreVote) }
    if !stanza.isOn("checkquorum") { settings.plain.insert(.noCheckQuorum) }
    if !stanza.isOn("step-down-on-removal") { settings.plain.insert(.staysWhenRemoved) }
  }
}

extension Stanza {
  fileprivate func isOn(_ key: String) -> Bool { value(key) == "true" }
}
