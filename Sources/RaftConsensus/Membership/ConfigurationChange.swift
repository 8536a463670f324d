package import Primitives

/// A wish to change who belongs to a group: steps, taken in order as one change, and how to get
/// there. No steps is the wish to leave a joint configuration.
package struct ConfigurationChange: Hashable, Sendable {
  package enum Step: Hashable, Sendable {
    /// A voter, whatever it was before.
    case voter(MemberID)
    /// A learner, whatever it was before. A voter that is needed until a joint configuration is
    /// left becomes one only then.
    case learner(MemberID)
    /// Nothing any more.
    case remove(MemberID)
  }

  package enum Transition: Hashable, Sendable {
    /// At once where one step allows it, else joint and left by itself.
    case automatic
    /// Joint, and left by itself once the joint configuration is committed.
    case joint
    /// Joint until somebody proposes to leave.
    case jointUntilAsked
  }

  package var steps: [Step]
  package var transition: Transition

  package init(_ steps: [Step], transition: Transition = .automatic) {
    self.steps = steps
    self.transition = transition
  }

  /// Leaves a joint configuration.
  package static var leaveJoint: ConfigurationChange { ConfigurationChange([]) }

  package var leavesJoint: Bool { steps.isEmpty && transition == .automatic }
}

/// Why a change can't be made.
package enum ConfigurationError: Error, Hashable, Sendable {
  case alreadyJoint
  case notJoint
  case simpleInJoint
  case noVotersBefore
  case noVotersLeft
  case moreThanOneVoter
  /// More than `Configuration.votersMax` voters, or `Configuration.learnersMax` learners.
  case tooMany
}

extension Configuration {
  /// The configuration that a change leads to, or why it doesn't (Raft thesis, sections 4.1 to
  /// 4.3).
  package func applying(_ change: ConfigurationChange) throws(ConfigurationError) -> Configuration {
    if change.leavesJoint { return try leavingJoint() }
    if change.transition == .automatic, change.steps.count == 1 {
      return try applyingSimply(change.steps)
    }
    return try enteringJoint(change.steps, autoLeave: change.transition != .jointUntilAsked)
  }

  /// One voter more or less: majorities before and after have a member in common, so no joint
  /// configuration is needed (section 4.1). Learners change freely.
  package func applyingSimply(
    _ steps: [ConfigurationChange.Step]
  ) throws(ConfigurationError) -> Configuration {
    guard !isJoint else { throw .simpleInJoint }
    let roster = try Roster(self).taking(steps)
    let joined = roster.voters.filter { !voters.contains($0) }
    let left = voters.filter { !roster.voters.contains($0) }
    guard joined.count + left.count <= 1 else { throw .moreThanOneVoter }
    return roster.configuration(autoLeave: false)
  }

  /// Any change, by way of a configuration in which both majorities decide (section 4.3).
  package func enteringJoint(
    _ steps: [ConfigurationChange.Step], autoLeave: Bool
  ) throws(ConfigurationError) -> Configuration {
    guard !isJoint else { throw .alreadyJoint }
    guard !voters.isEmpty else { throw .noVotersBefore }
    var roster = Roster(self)
    roster.outgoing = voters
    return try roster.taking(steps).configuration(autoLeave: autoLeave)
  }

  /// The incoming half alone; voters that were to become learners become them.
  package func leavingJoint() throws(ConfigurationError) -> Configuration {
    guard isJoint else { throw .notJoint }
    return Configuration(voters: voters, learners: learners + learnersNext)
  }
}

/// The four lists while they change.
private struct Roster {
  var voters: [MemberID]
  var outgoing: [MemberID]
  var learners: [MemberID]
  var learnersNext: [MemberID]

  init(_ configuration: Configuration) {
    voters = configuration.voters
    outgoing = configuration.outgoingVoters
    learners = configuration.learners
    learnersNext = configuration.learnersNext
  }

  /// Steps about nobody are skipped.
  func taking(_ steps: [ConfigurationChange.Step]) throws(ConfigurationError) -> Roster {
    var roster = self
    for step in steps {
      switch step {
      case .voter(let member): roster.makeVoter(member)
      case .learner(let member): roster.makeLearner(member)
      case .remove(let member): roster.forget(member)
      }
    }
    guard !roster.voters.isEmpty else { throw .noVotersLeft }
    guard roster.voters.count <= Configuration.votersMax,
      roster.learners.count + roster.learnersNext.count <= Configuration.learnersMax
    else { throw .tooMany }
    return roster
  }

  private mutating func makeVoter(_ member: MemberID) {
    guard member != .none else { return }
    forget(member)
    voters.append(member)
  }

  private mutating func makeLearner(_ member: MemberID) {
    guard member != .none, !learners.contains(member) else { return }
    forget(member)
    if outgoing.contains(member) { learnersNext.append(member) } else { learners.append(member) }
  }

  /// Gone from all lists but the outgoing one.
  private mutating func forget(_ member: MemberID) {
    voters.removeAll { $0 == member }
    learners.removeAll { $0 == member }
    learnersNext.removeAll { $0 == member }
  }

  func configuration(autoLeave: Bool) -> Configuration {
    Configuration(
      voters: voters, outgoingVoters: outgoing, learners: learners, learnersNext: learnersNext,
      autoLeave: autoLeave)
  }
}
