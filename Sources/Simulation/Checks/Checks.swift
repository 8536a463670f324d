import NodeCore
import Primitives
import RaftConsensus

/// What is wrong, by the rule that it breaks.
package struct SimFailure: Sendable, Equatable {
  package var rule: String
  package var what: String
  package var atNanoseconds: UInt64
}

/// What is known of one shard over all nodes and all time: every node has to agree with it.
struct ShardTrack {
  /// By index: the entry and its outcomes as they were applied first.
  var applied: [UInt64] = []
  /// By index: the term under which it was committed first.
  var committed: [Term] = []
  /// Who led which term.
  var leaders: [(term: Term, node: Int)] = []
  /// Content and predecessor of each entry that was ever on a disk, by (index, term).
  var entries: [LogPosition: EntryTrace] = [:]
  var digests: [LogIndex: Hash128] = [:]
  /// What some client was told, at most: every linearizable read that begins now sees it.
  var toldFloor = LogIndex.zero
  /// Up to where anybody knows that it is committed.
  var knownCommit = LogIndex.zero
  /// When the leader of each term first committed, and up to where it did at last.
  var commits: [(term: Term, at: UInt64, upTo: LogIndex)] = []
  var lastLogTime: Int64 = 0
  /// Entries in a row that are stamped one millisecond behind one another.
  var oneApart = 0
  var lastVoters: [MemberID] = []
  /// Whom each member promised its vote.
  var votes: [MemberInTerm: MemberID] = [:]
  /// Where the log of each candidate ended.
  var candidates: [MemberInTerm: LogPosition] = [:]
  /// Who sends entries in a term.
  var senders: [Term: MemberID] = [:]
  /// The ends of the logs with which leaders let go of their leads (rule L7).
  var handedOver: [LogPosition] = []
  var model: ShardModel

  init() { model = ShardModel(skus: Load.skus) }

  struct MemberInTerm: Hashable {
    var member: MemberID
    var term: Term
  }

  struct EntryTrace: Equatable {
    var content: UInt64
    var previousTerm: Term
  }

  /// The last leaders and when they first committed, for messages.
  var lately: String {
    let led = leaders.suffix(4).map { "term \($0.term.rawValue) node \($0.node + 1)" }
    let since = commits.suffix(3).map { "\($0.term.rawValue) at \($0.at / 1_000_000) ms" }
    return "leaders " + led.joined(separator: ", ") + "; commits of term "
      + since.joined(separator: ", ")
  }

  /// Up to where leaders of earlier terms have committed, as far as that was applied: a leader of
  /// `term` has all of it. What a later term committed it may lack, for it may be elected when that one
  /// works already, by votes that were given before and came late.
  func committed(before term: Term) -> LogIndex {
    let upTo = commits.last { $0.term < term }?.upTo ?? .zero
    return min(upTo, LogIndex(UInt64(committed.count)))
  }

  func committedTerm(at index: LogIndex) -> Term { committed[Int(index.rawValue) - 1] }
}

struct Checks {
  var failure: SimFailure?
  /// By shard number, which are few and small.
  var shards: [ShardTrack] = []
  var digestsCompared = 0
  var entriesCompared = 0
  var readsChecked = 0
  var staleReads = 0
  var commitsChecked = 0
  var elections = 0
  var leaseReads = 0
  var staleBeyondBound = 0
  /// Answers of members whose ledger had gone wrong and who did not know yet.
  var answersWithheld = 0

  /// The place of a shard's track, made at first sight.
  mutating func place(_ shard: ShardID) -> Int {
    let at = Int(shard.rawValue)
    precondition(at < 4_096, "shard \(at) in a simulation")
    while shards.count <= at { shards.append(ShardTrack()) }
    return at
  }
}
