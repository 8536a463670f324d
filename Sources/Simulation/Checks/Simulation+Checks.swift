import NodeCore
import Primitives
import RaftConsensus
import StockLedger

// What is looked at after each turn of a node: its cost must stay far below the turn's own.

extension Simulation {
  func check(_ at: Int) {
    for event in effects.events { check(event, at) }
    for row in effects.journal {
      guard checks.failure == nil else { return }
      check(row, at)
    }
    checkGroups(at)
    for instant in effects.reads { checkBasis(instant, at) }
    if !effects.replies.isEmpty || !effects.reads.isEmpty { trace.mix(UInt64(at) << 8 | 0xA) }
  }

  private func check(_ event: NodeEvent, _ at: Int) {
    switch event {
    case .becameLeader(let shard, let term): checkLeader(shard, term, at)
    case .steppedDown: marks.reach(.steppedDown)
    case .digestMismatch, .takenOut, .shardStopped, .rowsMissing: checkStanding(event, at)
    case .snapshotInstalled(let shard, _):
      marks.reach(.snapshotInstalled)
      faults.wrong.replaced(at, shard)
    case .snapshotRefused: marks.reach(.snapshotRefused)
    case .snapshotSaved: marks.reach(.snapshotSaved)
    case .repaired(let shard, _):
      marks.reach(.repaired)
      checkRepaired(shard, at)
      if faults.wrong.repaired(at, shard) { marks.reach(.rebuilt) }
      // Its disk may have been damaged a second time meanwhile.
      if !nodes[at].disk.isDamaged(shard) { faults.repaired(at, shard) }
    case .outcomesUnknown: marks.reach(.outcomeUnknown)
    case .rulesUnknown(let shard, let rules, _): checkUnknown(rules, of: shard, at)
    case .clockStepped: marks.reach(.clockStepped)
    case .ownClockOff: marks.reach(.ownClockOff)
    case .transferFailed: marks.reach(.transferFailed)
    case .closed(let shard):
      marks.reach(.seatClosed)
      faults.wrong.replaced(at, shard)
    case .opened(let shard, _):
      if nodes[at].disk.files.contains(where: { $0.shard == shard && $0.isClosed }) {
        marks.reach(.seatOpenedAgain)
      }
    case .membersChanged(let shard, let index, let members):
      marks.reach(.membersChanged)
      nodes[at].configurations.append((shard, index, members))
    default: break  // for logs and metrics
    }
  }

  /// Nobody raises the rules above what a member's build knows; one that was removed before may see it.
  private func checkUnknown(_ rules: RulesVersion, of shard: ShardID, _ at: Int) {
    let id = NodeID(UInt64(at + 1))
    guard nodes[at].core!.members(of: shard)?.contains(id) == true else { return }
    fail(
      "rules",
      "shard \(shard.rawValue) has rules \(rules.rawValue), which the build of its member on node "
        + "\(at + 1) does not know")
  }

  // MARK: Leaders

  /// One leader a term, and one that has all that is committed (Raft paper, figure 3: Election
  /// Safety and Leader Completeness).
  private func checkLeader(_ shard: ShardID, _ term: Term, _ at: Int) {
    checks.elections += 1
    trace.mix(term.rawValue << 16 | UInt64(shard.rawValue) << 8 | UInt64(at))
    let place = checks.place(shard)
    for other in checks.shards[place].leaders.reversed() where other.term == term {
      return fail(
        "C2",
        "term \(term.rawValue) of shard \(shard.rawValue) has two leaders: nodes "
          + "\(other.node + 1) and \(at + 1)")
    }
    checks.shards[place].leaders.append((term, at))
    let committed = checks.shards[place].committed(before: term)
    guard committed > .zero, let group = group(shard, at) else { return }
    let glance = nodes[at].core!.glance(group)
    guard glance.term == term else { return }
    let own = nodes[at].core!.logTerm(committed, of: group)
    if glance.last < committed
      || own.map({ $0 != checks.shards[place].committedTerm(at: committed) }) ?? false
    {
      fail(
        "C1",
        "node \(at + 1) leads term \(term.rawValue) of shard \(shard.rawValue) without "
          + "entry \(committed.rawValue), which is committed")
    }
  }

  func group(_ shard: ShardID, _ at: Int) -> Int? { withCore(at) { $0.position(of: shard) } }

  // MARK: Commits

  /// What is committed for the first time is on the disks of a majority of the voters (rule C2): of
  /// those that the leader has now, or had before the newest change.
  private func checkDurable(_ entry: Entry, _ shard: ShardID, _ at: Int) {
    guard let group = group(shard, at), nodes[at].core!.glance(group).role == .leader else {
      return
    }
    let place = checks.place(shard)
    let configuration = nodes[at].core!.configuration(of: group)
    checks.commitsChecked += 1
    // The members behind the entry are known where they came in this life of the node; those of a
    // later change, made in the same turn, do as well, and else both halves of the newest.
    var known = nodes[at].configurations.filter { $0.shard == shard }
    if let first = known.lastIndex(where: { $0.index <= entry.index }) {
      known.removeFirst(first)
      if known.contains(where: { isHeld(entry, shard, $0.members) }) { return }
    } else {
      let halves = [
        configuration.voters, configuration.outgoingVoters, checks.shards[place].lastVoters,
      ]
      if !configuration.isJoint { checks.shards[place].lastVoters = configuration.voters }
      for half in halves where isHeld(entry, shard, half.map(NodeID.init(of:))) { return }
    }
    fail(
      "C2",
      "entry \(entry.index.rawValue) of shard \(shard.rawValue) is committed by node "
        + "\(at + 1) and not on the disks of a majority of its voters")
  }

  private func isHeld(_ entry: Entry, _ shard: ShardID, _ members: MembersView) -> Bool {
    isHeld(entry, shard, members.voters)
      && (members.outgoingVoters.isEmpty || isHeld(entry, shard, members.outgoingVoters))
  }

  private func isHeld(_ entry: Entry, _ shard: ShardID, _ voters: [NodeID]) -> Bool {
    voters.count { holds(entry, shard, Int($0.rawValue) - 1) } * 2 > voters.count
  }

  private func holds(_ entry: Entry, _ shard: ShardID, _ node: Int) -> Bool {
    nodes[node].isLost || faults.isExcused(node, shard)
      || nodes[node].disk.holds(entry.index, term: entry.term, of: shard)
  }

  // MARK: Entries

  /// Log Matching (Raft paper, figure 3): equal (index, term), equal entry and equal predecessor.
  func checkRows(_ rows: PersistRequest.Rows, of shard: ShardID, on at: Int) {
    guard let first = rows.entries.first, let file = nodes[at].disk.file(of: shard) else { return }
    let place = checks.place(shard)
    var previous = nodes[at].disk.files[file].term(at: first.index.previous)
    for entry in rows.entries {
      defer { previous = entry.term }
      guard let previous else { continue }
      let position = LogPosition(term: entry.term, index: entry.index)
      let found = ShardTrack.EntryTrace(content: Self.content(entry), previousTerm: previous)
      if let known = checks.shards[place].entries[position] {
        if known != found {
          fail(
            "C1",
            "entry \(entry.index.rawValue) of term \(entry.term.rawValue), shard "
              + "\(shard.rawValue), is another on node \(at + 1)")
        }
      } else {
        checks.shards[place].entries[position] = found
      }
    }
  }

  static func content(_ entry: Entry) -> UInt64 {
    contentHash(
      entry.payload,
      seed: UInt64(bitPattern: entry.logTime.milliseconds) << 8 ^ UInt64(entry.kind.rawValue))
  }

  /// All members apply the same entries and come to the same outcomes; the first one is judged by
  /// the model.
  private func check(_ row: JournalRow, _ at: Int) {
    // Of a ledger that has gone wrong nothing else is expected.
    guard !faults.wrong.contains(at, row.shard) else { return }
    let place = checks.place(row.shard)
    let found =
      Self.content(row.entry) ^ contentHash(row.outcomes, seed: row.entry.term.rawValue)
    let index = Int(row.entry.index.rawValue)
    let known = checks.shards[place].applied.count
    if index <= known {
      checks.entriesCompared += 1
      guard checks.shards[place].applied[index - 1] == found else {
        return fail(
          "C1",
          "node \(at + 1) applied another entry \(index) of shard \(row.shard.rawValue), or "
            + "with other outcomes, than was applied before")
      }
      return
    }
    guard index == known + 1 else {
      return fail("C1", "node \(at + 1) applied entry \(index) where \(known) were applied")
    }
    checks.shards[place].applied.append(found)
    checks.shards[place].committed.append(row.entry.term)
    checkLogTime(row.entry, place)
    checkDurable(row.entry, row.shard, at)
    trace.mix(found)
    guard row.shard != .meta else { return }
    if plan.beginsWithOldBuild, CommandReader.rulesRaised(by: row.entry.payload) != nil {
      marks.reach(.rulesRaised)
    }
    if let wrong = checks.shards[place].model.apply(row.entry, outcomes: row.outcomes) {
      fail("ledger", "entry \(index) of shard \(row.shard.rawValue), by node \(at + 1): \(wrong)")
    }
  }

  /// Stamps are `max(previous, clock)`, the clock being the median of the voters' (rules T1, T2): no
  /// more than one node's clock is ahead of it, and it never runs away by itself.
  private func checkLogTime(_ entry: Entry, _ place: Int) {
    let previous = checks.shards[place].lastLogTime
    checks.shards[place].lastLogTime = max(previous, entry.logTime.milliseconds)
    let isOneApart = entry.logTime.milliseconds == previous + 1
    checks.shards[place].oneApart = isOneApart ? checks.shards[place].oneApart + 1 : 0
    if checks.shards[place].oneApart >= Self.oneApartMax {
      return fail(
        "T1",
        "\(Self.oneApartMax) entries of shard \(place) up to \(entry.index.rawValue) are each "
          + "stamped a millisecond behind the one before: log time runs by entries, not by clocks")
    }
    var (first, second) = (Int64.min, Int64.min)
    for node in nodes {
      let ahead = node.clock.aheadAtMost(now)
      if ahead > first { (first, second) = (ahead, first) } else { second = max(second, ahead) }
    }
    let most = SimClock.trueWall(now) + (nodes.count > 2 ? second : first) + Self.stampSlack
    if entry.logTime.milliseconds > max(previous, most) {
      fail(
        "T2",
        "entry \(entry.index.rawValue) of shard \(place) is stamped "
          + "\(entry.logTime.milliseconds), behind \(previous), when no two clocks are beyond \(most)"
      )
    }
  }

  /// A handful of clients never has so many entries a millisecond apart each; stamps that can't follow
  /// a clock that was set back are equal.
  private static let oneApartMax = 12

  /// What a clock that runs on without a majority may gain in a run, in milliseconds.
  private static let stampSlack: Int64 = 2_000

  // MARK: Digests and reads

  /// Equal index, equal digest (rule C10): members tell each other theirs.
  func noteDigests(_ digests: [AppliedDigest], from at: Int) {
    for digest in digests { noteRight(at, digest.shard) }
    for digest in digests where !faults.wrong.wasEver(at, digest.shard) {
      let place = checks.place(digest.shard)
      if let known = checks.shards[place].digests[digest.index] {
        checks.digestsCompared += 1
        if known != digest.digest {
          fail(
            "C10",
            "member \(digest.member.rawValue) of shard \(digest.shard.rawValue) has another "
              + "digest at \(digest.index.rawValue)")
        }
      } else {
        checks.shards[place].digests[digest.index] = digest.digest
      }
    }
  }

  /// Who reads by a lease is the only one whose entries commit meanwhile (rules L2, L4): nothing of a
  /// later term was committed when the clock was read that the lease was checked with.
  private func checkBasis(_ instant: ReadInstant, _ at: Int) {
    guard instant.answered == .lease, let group = group(instant.shard, at) else { return }
    marks.reach(.readByLease)
    checks.leaseReads += 1
    let term = nodes[at].core!.glance(group).term
    let place = checks.place(instant.shard)
    for later in checks.shards[place].commits.reversed() {
      guard later.term > term else { break }
      guard later.at <= nodes[at].timedAt else { continue }
      return failByClock(
        "L4",
        "node \(at + 1) reads by the lease of term \(term.rawValue) of shard "
          + "\(instant.shard.rawValue), when term \(later.term.rawValue) has committed since "
          + "\((nodes[at].timedAt - later.at) / 1_000_000) ms")
    }
  }

  var areClocksBeyondBound: Bool { plan.isBeyondBound || faults.clocksLied }

  /// Clocks that are worse than the bound make leases overlap: reads are stale then, and nothing else
  /// may be wrong. They are counted.
  func failByClock(_ rule: String, _ what: String) {
    if areClocksBeyondBound { checks.staleBeyondBound += 1 } else { fail(rule, what) }
  }

  /// A read, whatever its basis, sees the books as of its index.
  func checkRead(_ value: ReadValue, sku: Int, _ at: Int) {
    let place = checks.place(value.instant.shard)
    checks.readsChecked += 1
    trace.mix(UInt64(bitPattern: value.onHand &* 31 &+ value.promised))
    let books = checks.shards[place].model.books(of: sku, at: value.instant.index)
    guard value.onHand == books.onHand, value.promised == books.promised else {
      return fail(
        "L10",
        "node \(at + 1) reads \(value.promised) of \(value.onHand) promised at "
          + "\(value.instant.index.rawValue), which is \(books.promised) of \(books.onHand)")
    }
  }
}

extension NodeID {
  /// The node whose seat a member is.
  init(of member: MemberID) { self.init(member.rawValue) }
}
