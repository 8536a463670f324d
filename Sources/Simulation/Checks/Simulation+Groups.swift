import NodeCore
import Primitives
import RaftConsensus

// What each group of a node is after a turn: what it takes for committed and durable, and, where it
// leads, what its lease rests on.

/// What a leader's lease may rest on, as the simulator counts it in true time.
struct LeadNote {
  let shard: ShardID
  let term: Term
  /// The leader's first own entry.
  let first: LogIndex
  private(set) var last: LogIndex
  /// Own entries that are not committed, and when the clock was read with which they were made.
  private var made: [(index: LogIndex, at: UInt64)] = []
  /// When the newest committed one of those that give a lease was made.
  private(set) var newestCommitted: UInt64?

  init(shard: ShardID, term: Term, first: LogIndex) {
    self.shard = shard
    self.term = term
    self.first = first
    last = first.previous
  }

  mutating func follow(last end: LogIndex, commit: LogIndex, madeAt: UInt64) {
    while last < end {
      last = last.next
      made.append((last, madeAt))
    }
    while let oldest = made.first, oldest.index <= commit {
      newestCommitted = oldest.at
      made.removeFirst()
    }
  }

  /// The lease was given back: what was made so far gives none any more.
  mutating func release() {
    made = []
    newestCommitted = nil
  }
}

extension Simulation {
  func checkGroups(_ at: Int) {
    for group in 0..<withCore(at, { $0.groupCount }) {
      let glance = nodes[at].core!.glance(group)
      checkVote(glance, group, at)
      checkOnDisk(glance, group, at)
      followLead(glance, group, at)
      checkCommit(glance, group, at)
      guard checks.failure == nil else { return }
    }
  }

  private func words(_ glance: GroupGlance, _ at: Int) -> String {
    "node \(at + 1), shard \(glance.shard.rawValue), term \(glance.term.rawValue)"
  }

  // MARK: Votes

  /// In the turn in which a member votes: for nobody whose log is shorter than its own in memory (rule
  /// C3), unless on the word of the leader before, whose log was not; then the vote counts for such a
  /// log only. One that has heard the term's leader in the same turn may have got entries since.
  private func checkVote(_ glance: GroupGlance, _ group: Int, _ at: Int) {
    guard glance.vote != .none, glance.vote.rawValue != UInt64(at + 1) else { return }
    let place = nodes[at].votes.firstIndex { $0.shard == glance.shard }
    if let place {
      let known = nodes[at].votes[place]
      if known.term == glance.term, known.candidate == glance.vote { return }
      nodes[at].votes[place] = (glance.shard, glance.term, glance.vote)
    } else {
      nodes[at].votes.append((glance.shard, glance.term, glance.vote))
    }
    let candidate = ShardTrack.MemberInTerm(member: glance.vote, term: glance.term)
    guard glance.leader == nil,
      let asked = checks.shards[checks.place(glance.shard)].candidates[candidate],
      let term = nodes[at].core!.logTerm(glance.last, of: group)
    else { return }
    let last = LogPosition(term: term, index: glance.last)
    let isByWord = checks.shards[checks.place(glance.shard)].handedOver.contains {
      $0.term.next == glance.term && $0 >= last
    }
    if last > asked, !isByWord {
      fail("C3", "\(words(glance, at)): votes for a log up to \(asked), its own goes to \(last)")
    }
  }

  // MARK: Durable and committed

  /// What a member counts itself for is on its disk (rule C2).
  private func checkOnDisk(_ glance: GroupGlance, _ group: Int, _ at: Int) {
    guard glance.durable > .zero, let term = nodes[at].core!.logTerm(glance.durable, of: group),
      !nodes[at].disk.holds(glance.durable, term: term, of: glance.shard),
      let file = nodes[at].disk.file(of: glance.shard)
    else { return }
    // A snapshot was just put in the log's place, and the member has yet to be told.
    if nodes[at].disk.files[file].entries.isEmpty, nodes[at].disk.files[file].mark != nil { return }
    fail(
      "C2",
      "\(words(glance, at)): entry \(glance.durable.rawValue) of term \(term.rawValue) is taken "
        + "for durable and not on the disk")
  }

  /// Whatever is committed for the first time is so by a leader, at an entry of its own term (Raft
  /// paper, section 5.4.2), and when nobody else has a lease any more (rule L4).
  private func checkCommit(_ glance: GroupGlance, _ group: Int, _ at: Int) {
    let place = checks.place(glance.shard)
    guard glance.commit > checks.shards[place].knownCommit else { return }
    checks.shards[place].knownCommit = glance.commit
    // A leader that its own commit removes follows at once.
    guard glance.role == .leader || effects.events.contains(.steppedDown(glance.shard, glance.term))
    else {
      return fail("C1", "\(words(glance, at)): no leader has committed \(glance.commit.rawValue)")
    }
    if let term = nodes[at].core!.logTerm(glance.commit, of: group), term != glance.term {
      return fail(
        "C1",
        "\(words(glance, at)): commits up to \(glance.commit.rawValue), which is of term "
          + "\(term.rawValue), by count")
    }
    if glance.term > checks.shards[place].commits.last?.term ?? .zero {
      checks.shards[place].commits.append((glance.term, now, glance.commit))
      return checkAlone(glance, group, at)
    }
    let last = checks.shards[place].commits.count - 1
    checks.shards[place].commits[last].upTo = glance.commit
  }

  // MARK: Leases

  /// The first commit of a term: no lease of an earlier one runs, on whatever clock.
  private func checkAlone(_ glance: GroupGlance, _ group: Int, _ at: Int) {
    guard plan.leaseMilliseconds > 0, !areClocksBeyondBound else { return }
    for other in nodes.indices where other != at && nodes[other].isUp {
      guard let seat = self.group(glance.shard, other),
        nodes[other].core!.glance(seat).term < glance.term,
        nodes[other].core!.hasLease(seat, at: nodes[other].clock.reading(now))
      else { continue }
      fail("L4", "\(words(glance, at)): commits while node \(other + 1) has a lease")
    }
    guard nodes[at].core!.waitsForLeases(group, at: nodes[at].clock.reading(now)) else { return }
    guard nodes[at].core!.isBarrierWaived(group) else {
      return fail("L4", "\(words(glance, at)): commits before its barrier")
    }
    guard let lead = nodes[at].leads.first(where: { $0.shard == glance.shard }),
      let before = nodes[at].core!.logTerm(lead.first.previous, of: group)
    else { return }
    let end = LogPosition(term: before, index: lead.first.previous)
    if before.next != glance.term
      || !checks.shards[checks.place(glance.shard)].handedOver.contains(end)
    {
      fail("L7", "\(words(glance, at)): does not wait, and was handed no lead at \(end)")
    }
  }

  /// A lease is over when Δ of true time has passed since its entry was made (rule L1), one that was
  /// given back is over at once (rule L7), and none runs when a later term has committed (rule L4).
  private func followLead(_ glance: GroupGlance, _ group: Int, _ at: Int) {
    var place = nodes[at].leads.firstIndex { $0.shard == glance.shard }
    if let known = place, glance.role != .leader || nodes[at].leads[known].term != glance.term {
      nodes[at].leads.remove(at: known)
      place = nil
    }
    guard glance.role == .leader else { return }
    let lead = place ?? beginLead(glance, group, at)
    nodes[at].leads[lead].follow(
      last: glance.last, commit: glance.commit, madeAt: nodes[at].timedAt)
    for case .transferStarted(glance.shard, _) in effects.events { nodes[at].leads[lead].release() }
    guard plan.leaseMilliseconds > 0, !areClocksBeyondBound else { return }
    let clock = nodes[at].clock
    let length = UInt64(nodes[at].settings.raft.leaseMilliseconds) * 1_000_000
    if let made = nodes[at].leads[lead].newestCommitted {
      if nodes[at].core!.hasLease(group, at: clock.reading(made + length)) {
        fail("L1", "\(words(glance, at)): its lease outlasts what its newest entry gives")
      }
    } else if nodes[at].core!.hasLease(group, at: clock.reading(now)) {
      fail("L7", "\(words(glance, at)): has a lease that no entry gave it")
    }
    let later = checks.shards[checks.place(glance.shard)].commits.last
    if let later, later.term > glance.term,
      nodes[at].core!.hasLease(group, at: clock.reading(now))
    {
      fail("L4", "\(words(glance, at)): has a lease when term \(later.term.rawValue) has committed")
    }
  }

  private func beginLead(_ glance: GroupGlance, _ group: Int, _ at: Int) -> Int {
    var first = glance.last
    while first > .zero, nodes[at].core!.logTerm(first.previous, of: group) == glance.term {
      first = first.previous
    }
    nodes[at].leads.append(LeadNote(shard: glance.shard, term: glance.term, first: first))
    return nodes[at].leads.count - 1
  }
}
