import Primitives
import RaftConsensus

/// Runs `simple`, `enter-joint` and `leave-joint` on one configuration, and prints it with what a
/// leader would track of each member.
struct ChangeDriver: ScriptDriver {
  static let commands = ["simple", "enter-joint", "leave-joint"]

  private var configuration = Configuration(voters: [])
  /// Where replication to a member would begin: the log's end when the member came.
  private var tracked: [(member: MemberID, next: UInt64)] = []
  /// Every command is an entry.
  private var lastIndex: UInt64 = 0

  mutating func run(_ stanza: Stanza) throws(ScriptError) -> String {
    defer { lastIndex += 1 }
    let steps = try changeSteps(stanza)
    do {
      configuration = try changed(steps, stanza)
    } catch {
      return errorText(error) + "\n"
    }
    track()
    return configurationText(configuration) + "\n" + progressText
  }

  private func changed(
    _ steps: [ConfigurationChange.Step], _ stanza: Stanza
  ) throws(ConfigurationError) -> Configuration {
    switch stanza.command {
    case "simple": try configuration.applyingSimply(steps)
    case "enter-joint":
      try configuration.enteringJoint(steps, autoLeave: stanza.value("autoleave") == "true")
    default: try configuration.leavingJoint()
    }
  }

  /// Members that stay keep what is known of them.
  private mutating func track() {
    let before = tracked
    tracked = configuration.members.map { member in
      before.first { $0.member == member } ?? (member, max(lastIndex, 1))
    }
  }

  private var progressText: String {
    var text = ""
    for (member, next) in tracked {
      text += "\(member.rawValue): StateProbe match=0 next=\(next)"
      text += configuration.isLearner(member) ? " learner\n" : "\n"
    }
    return text
  }
}

/// The suite's words for a refusal.
func errorText(_ error: ConfigurationError) -> String {
  switch error {
  case .alreadyJoint: "config is already joint"
  case .notJoint: "can't leave a non-joint config"
  case .simpleInJoint: "can't apply simple config change in joint config"
  case .noVotersBefore: "can't make a zero-voter config joint"
  case .noVotersLeft: "removed all voters"
  case .moreThanOneVoter: "more than one voter changed without entering joint config"
  case .tooMany: "too many members"
  }
}

/// The suite's form of a configuration: `voters=(1 2)&&(1) learners=(3) learners_next=(2)`.
func configurationText(_ configuration: Configuration) -> String {
  var text = "voters=" + listText(configuration.voters)
  if configuration.isJoint { text += "&&" + listText(configuration.outgoingVoters) }
  if !configuration.learners.isEmpty { text += " learners=" + listText(configuration.learners) }
  if !configuration.learnersNext.isEmpty {
    text += " learners_next=" + listText(configuration.learnersNext)
  }
  return configuration.autoLeave ? text + " autoleave" : text
}

private func listText(_ members: [MemberID]) -> String {
  "(" + members.map { "\($0.rawValue)" }.joined(separator: " ") + ")"
}

/// `v1 l2 r3 u4`: a voter, a learner, a removal, and an update that is none of Raft's business.
func changeSteps(_ stanza: Stanza) throws(ScriptError) -> [ConfigurationChange.Step] {
  var steps: [ConfigurationChange.Step] = []
  for word in stanza.input.split(whereSeparator: \.isWhitespace) {
    guard let member = UInt64(word.dropFirst()).map({ MemberID($0) }) else {
      throw ScriptError(line: stanza.line, "unknown change \(word)")
    }
    switch word.first {
    case "v": steps.append(.voter(member))
    case "l": steps.append(.learner(member))
    case "r": steps.append(.remove(member))
    case "u": continue
    default: throw ScriptError(line: stanza.line, "unknown change \(word)")
    }
  }
  return steps
}
