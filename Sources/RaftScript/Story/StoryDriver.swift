import Primitives
import RaftConsensus

/// Runs stories: scripts of a small cluster on virtual time, to be read like a protocol trace. Each
/// command does something to the cluster and prints what came of it, one line for each message that
/// arrived, each write that became durable and each thing that a member decided, with the
/// millisecond since the story began.
///
///     cluster voters=(1, 2, 3) lease=900 delay=5 sync=1
///     run 500                 lets time pass
///     campaign 1              the election timeout of 1 passes
///     propose 1 text          read 1          transfer 1 to=2         forget 2
///     change 1 learner=4      change 1 voter=(4) remove=(1)
///     cut 1 2                 cut from=1 to=2         isolate 3       heal
///     pause 1                 resume 1        crash 2         restart 2
///     corrupt 2 from=4        compact 1       show heartbeats         state
struct StoryDriver: ScriptDriver {
  static let opening = "cluster"
  static let commands = [
    opening, "run", "campaign", "propose", "read", "transfer", "forget", "change", "cut", "isolate",
    "heal", "pause", "resume", "crash", "restart", "corrupt", "compact", "show", "state",
  ]

  private var world = StoryWorld()

  mutating func run(_ stanza: Stanza) throws(ScriptError) -> String {
    switch stanza.command {
    case Self.opening: world = try StoryWorld(stanza)
    case "run": world.run(milliseconds: try duration(stanza))
    case "show": world.showsHeartbeats = stanza.arguments.first?.key == "heartbeats"
    case "state": return world.stateText
    case "cut", "isolate", "heal": try changeLinks(stanza)
    default: try change(stanza, of: try member(stanza))
    }
    return world.takeTrace()
  }

  private mutating func change(_ stanza: Stanza, of at: Int) throws(ScriptError) {
    switch stanza.command {
    case "campaign": world.perform(at) { $0.campaign() }
    case "propose":
      world.perform(at) { $0.propose(stanza.words.dropFirst().joined(separator: " ")) }
    case "read": world.perform(at) { $0.read() }
    case "forget": world.perform(at) { $0.forgetLeader() }
    case "transfer":
      let target = MemberID(try number(stanza.value("to") ?? "", stanza))
      world.perform(at) { $0.transfer(to: target) }
    case "change":
      let steps = try memberSteps(stanza)
      world.perform(at) { $0.change(steps) }
    case "compact": world.perform(at) { $0.compact() }
    default: try disturb(stanza, at)
    }
  }

  private mutating func disturb(_ stanza: Stanza, _ at: Int) throws(ScriptError) {
    switch stanza.command {
    case "pause": world.pause(at)
    case "resume": world.resume(at)
    case "crash": world.crash(at)
    case "corrupt": world.corrupt(at, from: try number(stanza.value("from") ?? "", stanza))
    default: world.restart(at)
    }
  }

  private mutating func changeLinks(_ stanza: Stanza) throws(ScriptError) {
    if stanza.command == "heal" { return world.heal() }
    if let from = stanza.value("from"), let to = stanza.value("to") {
      return world.cut(
        from: MemberID(try number(from, stanza)), to: MemberID(try number(to, stanza)))
    }
    let members = stanza.numbers.map { MemberID($0) }
    if stanza.command == "isolate" {
      for member in members { world.isolate(member) }
    } else if members.count == 2 {
      world.cut(from: members[0], to: members[1])
      world.cut(from: members[1], to: members[0])
    } else {
      throw ScriptError(line: stanza.line, "cut names two members, or from= and to=")
    }
  }

  private func member(_ stanza: Stanza) throws(ScriptError) -> Int {
    guard let number = stanza.numbers.first, let at = world.position(MemberID(number)) else {
      throw ScriptError(line: stanza.line, "\(stanza.command) names no member")
    }
    return at
  }

  private func duration(_ stanza: Stanza) throws(ScriptError) -> UInt64 {
    let milliseconds = try firstNumber(stanza)
    guard milliseconds <= StoryWorld.runMax else {
      throw ScriptError(line: stanza.line, "run takes at most \(StoryWorld.runMax) milliseconds")
    }
    return milliseconds
  }

  private func firstNumber(_ stanza: Stanza) throws(ScriptError) -> UInt64 {
    guard let number = stanza.numbers.first else {
      throw ScriptError(line: stanza.line, "\(stanza.command) without a number")
    }
    return number
  }

  private func memberSteps(_ stanza: Stanza) throws(ScriptError) -> [ConfigurationChange.Step] {
    var steps: [ConfigurationChange.Step] = []
    for argument in stanza.arguments.dropFirst() {
      for value in argument.values {
        let member = MemberID(try number(value, stanza))
        switch argument.key {
        case "voter": steps.append(.voter(member))
        case "learner": steps.append(.learner(member))
        case "remove": steps.append(.remove(member))
        default: throw ScriptError(line: stanza.line, "unknown step \(argument.key)")
        }
      }
    }
    return steps
  }
}

extension Stanza {
  /// Arguments without a value, in order.
  fileprivate var words: [String] { arguments.filter { $0.values.isEmpty }.map(\.key) }
}
