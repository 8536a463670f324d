import Primitives

@testable import RaftConsensus

/// What must hold in every run, whatever is lost and whoever crashes (Raft paper, figure 3).
struct Checkers {
  private(set) var violations: [String] = []
  /// All that any member ever handed to its application, by index.
  private(set) var committed: [Entry] = []
  /// The term of the member that handed it out first: it was committed in that one or before.
  private var committedIn: [Term] = []
  private var leaders: [Term: MemberID] = [:]
  private var rows: [LogPosition: (entry: Entry, before: Term)] = [:]
  private(set) var elections = 0
  private(set) var readsAnswered = 0
  private(set) var snapshotsInstalled = 0
  private(set) var repairs = 0
  /// Steps in which somebody had a lease.
  private(set) var leases = 0

  mutating func countLease() { leases += 1 }

  mutating func fail(_ text: String) {
    if violations.count < 5 { violations.append(text) }
  }

  /// Election safety: one leader a term. Leader completeness: its log has all that is committed.
  mutating func check(_ event: RaftEvent, at node: TestNode) {
    switch event {
    case .becameLeader(let term):
      elections += 1
      if let other = leaders[term], other != node.member {
        fail("term \(term.rawValue) has leaders \(other.rawValue) and \(node.member.rawValue)")
      }
      leaders[term] = node.member
      checkCompleteness(node)
    case .snapshotInstalled: snapshotsInstalled += 1
    case .repaired: repairs += 1
    default: break
    }
  }

  /// All that was committed in the terms before its own, that is: one that stood still hears late
  /// that it was elected, when others of later terms have gone on.
  private mutating func checkCompleteness(_ node: TestNode) {
    for (entry, term) in zip(committed, committedIn)
    where entry.index > node.group.snapshotMark.index && term < node.group.term {
      guard let term = node.group.term(at: entry.index), term == entry.term else {
        fail(
          "leader \(node.member.rawValue) lacks \(entry.index.rawValue) of \(entry.term.rawValue)"
        )
        return
      }
    }
  }

  /// Log matching: (index, term) is one entry behind one predecessor, on all members.
  mutating func check(_ request: PersistRequest, at node: TestNode) {
    for entry in request.rows?.entries ?? [] {
      let before = node.group.term(at: entry.index.previous) ?? .zero
      if let known = rows[entry.position] {
        if known.entry != entry || known.before != before {
          fail("entry \(entry.index.rawValue) of \(entry.term.rawValue) differs between members")
        }
      } else {
        rows[entry.position] = (entry, before)
      }
    }
  }

  /// State machine safety: one entry an index, with log times that never fall (T1). `voters` where
  /// they never change.
  mutating func check(_ entry: Entry, in term: Term, at nodes: [TestNode], voters: JointQuorum?) {
    let at = Int(entry.index.rawValue) - 1
    if at < committed.count {
      if committed[at] != entry { fail("two entries are committed at \(entry.index.rawValue)") }
      return
    }
    if at > committed.count { fail("entry \(entry.index.rawValue) comes too early") }
    if let last = committed.last, last.logTime > entry.logTime {
      fail("log time falls at \(entry.index.rawValue)")
    }
    committed.append(entry)
    committedIn.append(term)
    if let voters { checkDurability(entry, at: nodes, voters: voters) }
  }

  /// C2: what is committed for the first time is on the disks of a majority, of both halves. One
  /// that lost rows had them when it acknowledged.
  private mutating func checkDurability(_ entry: Entry, at nodes: [TestNode], voters: JointQuorum) {
    let held = voters.result { member in
      let at = nodes.indices.first { nodes[$0].member == member }
      return at.map { nodes[$0].lostRows || nodes[$0].disk.holds(entry.position) }
    }
    if held != .won {
      fail("entry \(entry.index.rawValue) of \(entry.term.rawValue) is committed and not durable")
    }
  }

  /// C8: a read sees all that was committed anywhere when it was asked.
  mutating func checkRead(index: LogIndex, atLeast: LogIndex) {
    readsAnswered += 1
    if index < atLeast {
      fail("a read at \(index.rawValue) misses \(atLeast.rawValue), committed before it came")
    }
  }
}
