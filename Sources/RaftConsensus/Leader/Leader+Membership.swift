import Primitives

/// A member that a configuration in the log leaves out. It gets that entry, and hears that it is
/// committed, before the leader stops sending to it: then it knows, and disturbs nobody.
struct Departing: Sendable {
  let member: MemberID
  /// The entry that leaves it out.
  let index: LogIndex
  /// How often it is tried yet while it is silent, once that entry is committed.
  var heartbeatsLeft: Int

  /// A member that is removed is often one that is dead. One that answers may be far behind, and is
  /// told however long that takes.
  static let heartbeatsMax = 8
}

extension Leader {
  /// Appends a change of members (rule C1): one at a time, and only by a leader that has committed an
  /// entry of its own term, so that no change of an earlier leader is half known (rule C6; trap 26).
  mutating func propose(
    _ change: ConfigurationChange, logTime: LogTime, now: UInt64, core: inout GroupCore
  ) -> ProposeResult {
    guard transfer == nil else { return .transferring }
    guard !isOut(core) else { return .notLeader(hint: nil) }
    if let refusal = refusal(now: now, core: core) { return .refused(refusal) }
    let next: Configuration
    do {
      next = try core.configuration.applying(change)
    } catch {
      return .refused(.impossible(error))
    }
    if let late = next.voters.first(where: { !mayBecomeVoter($0, now: now, core: core) }) {
      return .refused(.notCaughtUp(late))
    }
    switch service(of: next, now: now, core: core) {
    case .won: break
    case .lost: return .refused(.noMajority)
    case .pending: return .refused(.notEstablished)
    }
    let index = append(next, logTime: logTime, core: &core)
    welcome(at: index, now: now, core)
    return .accepted(index: index, term: term)
  }

  private func refusal(now: UInt64, core: GroupCore) -> ChangeRefusal? {
    if !isEstablished(core) { return .notEstablished }
    if core.isConfigurationPending { return .pending(index: core.log.configurations.latestIndex) }
    return nil
  }

  /// In use as soon as it is appended, a configuration without a majority in service would lock the
  /// group: its leader steps down (rule C7), and only a leader brings a member back into service.
  private func service(of next: Configuration, now: UInt64, core: GroupCore) -> VoteResult {
    if core.settings.plain.contains(.admitsAnybody) { return .won }
    return next.quorum.result { member in
      if member == core.member { return true }
      guard let at = progress(of: member) else { return false }
      return serves(others[at], now, core)
    }
  }

  /// A voter stays one; a learner becomes one when its log is close to the leader's and it serves, so
  /// that the group does not wait for it (Raft thesis, section 4.2.1).
  private func mayBecomeVoter(_ member: MemberID, now: UInt64, core: GroupCore) -> Bool {
    if core.configuration.isVoter(member) || core.settings.plain.contains(.admitsAnybody) {
      return true
    }
    guard core.configuration.isLearner(member) else { return false }
    if member == core.member { return true }
    guard let at = progress(of: member), case .replicate = others[at].flow,
      serves(others[at], now, core) == true
    else { return false }
    let lag = core.log.lastIndex.rawValue - others[at].match.rawValue
    return lag <= core.settings.catchUpEntriesMax
  }

  /// In use from here on.
  @discardableResult
  private mutating func append(
    _ configuration: Configuration, logTime: LogTime, core: inout GroupCore
  ) -> LogIndex {
    let before = core.configuration
    let index = append(
      kind: .configuration, payload: configuration.encoded, logTime: logTime, core: &core)
    core.adoptConfiguration()
    departing.removeAll { core.configuration.contains($0.member) }
    noteDeparting(from: before, at: index, core)
    return index
  }

  private mutating func noteDeparting(
    from before: Configuration, at index: LogIndex, _ core: GroupCore
  ) {
    for member in before.members
    where !core.configuration.contains(member) && member != core.member {
      departing.append(
        Departing(member: member, index: index, heartbeatsLeft: Departing.heartbeatsMax))
    }
  }

  /// Begins to send to those who came, at the entry that they came with.
  private mutating func welcome(at index: LogIndex, now: UInt64, _ core: GroupCore) {
    let strangers = core.configuration.members + departing.map(\.member)
    for member in strangers where member != core.member && progress(of: member) == nil {
      var progress = Progress(member: member, next: index, now: now)
      progress.heard(isInService: false, now: now)
      others.append(progress)
    }
    others.sort { $0.member < $1.member }
  }

  /// A new leader finds a change in its log that isn't committed: who is left out by it may not know.
  mutating func keepDeparting(now: UInt64, _ core: GroupCore) {
    let index = core.log.configurations.latestIndex
    noteDeparting(from: core.log.configurations.at(index.previous), at: index, core)
    welcome(at: firstEntry, now: now, core)
  }

  /// Leaves a joint configuration that is committed, if it is one that is left by itself. Any leader
  /// does so that finds it, not only the one that entered it (rule C1; trap 26).
  mutating func leaveJoint(core: inout GroupCore) {
    guard core.configuration.isJoint, core.configuration.autoLeave, transfer == nil,
      isEstablished(core), !core.isConfigurationPending,
      let next = try? core.configuration.leavingJoint()
    else { return }
    append(next, logTime: core.log.lastLogTime, core: &core)
  }

  /// The leader is no voter any more, and that is committed: it makes nothing more.
  func isOut(_ core: GroupCore) -> Bool { !core.isVoter && !core.isConfigurationPending }

  /// Others go on without it (Raft thesis, section 4.2.2): as soon as all voters know that it is
  /// committed, and at the latest after a few heartbeats.
  func isRemoved(_ core: GroupCore) -> Bool {
    guard isOut(core), !core.settings.plain.contains(.staysWhenRemoved) else { return false }
    let index = core.log.configurations.latestIndex
    return heartbeatsOut >= Self.heartbeatsOutMax
      || core.configuration.voters.allSatisfy { voter in
        progress(of: voter).map { others[$0].commitSent >= index } ?? true
      }
  }

  private static var heartbeatsOutMax: Int { 2 }

  /// The last word of a leader that is out: one that has everything takes over at once, as in a
  /// hand-over (rule L7), and the others need not notice first that nobody leads. Should the word be
  /// lost, they do.
  mutating func nameSuccessor(core: inout GroupCore) {
    guard !core.settings.plain.contains(.plainHandOver), let lastLog = releaseLease(core),
      let successor = core.configuration.voters.first(where: { voter in
        progress(of: voter).map { others[$0].match == lastLog.index } ?? false
      })
    else { return }
    handOver(to: successor, lastLog: lastLog, core: &core)
  }

  // MARK: Farewell

  /// A heartbeat's time went by.
  mutating func countDeparting(now: UInt64, _ core: GroupCore) {
    if isOut(core) { heartbeatsOut += 1 }
    for at in departing.indices where departing[at].index <= core.log.committed {
      guard let other = progress(of: departing[at].member), isSilent(others[other], now, core)
      else { continue }
      departing[at].heartbeatsLeft -= 1
    }
  }

  /// Stops sending to those who were told, and to those who don't answer.
  mutating func dismiss(_ core: GroupCore) {
    guard !departing.isEmpty else { return }
    for gone in departing where isDone(gone, core) { others.removeAll { $0.member == gone.member } }
    departing.removeAll { gone in !others.contains { $0.member == gone.member } }
  }

  private func isDone(_ gone: Departing, _ core: GroupCore) -> Bool {
    guard gone.index <= core.log.committed, let at = progress(of: gone.member) else { return false }
    // What was only sent may have been refused: the member has to have the entry.
    return min(others[at].match, others[at].commitSent) >= gone.index || gone.heartbeatsLeft <= 0
  }
}
