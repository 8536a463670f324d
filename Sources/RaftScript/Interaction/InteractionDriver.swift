import Primitives
import RaftConsensus

/// Runs scripts of a small cluster on members of our own. Exact is what `raft-log`, `raft-state` and
/// `status` print; of everything else the projection is compared: what each member committed, and
/// its term, vote, commit index and configuration, whenever the cluster has settled (`stabilize`
/// without members) and at the end.
///
/// Where the script's own Raft forwards a proposal to the leader, this one asks the leader itself:
/// members don't forward (rule C5).
struct InteractionDriver {
  static let commands = [
    "add-nodes", "campaign", "compact", "deliver-msgs", "forget-leader", "log-level",
    "process-append-thread", "process-apply-thread", "process-ready", "propose",
    "propose-conf-change", "raft-log", "raft-state", "report-unreachable", "send-snapshot",
    "set-randomized-election-timeout", "stabilize", "status", "tick-election", "tick-heartbeat",
    "transfer-leadership", "_breakpoint",
  ]

  var nodes: [ScriptNode] = []
  var network = ScriptNetwork()
  private(set) var names = ChangeNames()
  private var projection = Projection()
  /// The script prints nothing but what was asked for.
  private var isQuiet = false

  /// What a stanza printed, or what the cluster is, that the script doesn't expect.
  mutating func run(_ stanza: Stanza) throws(ScriptError) -> ScriptReport.Difference? {
    let printed = try perform(stanza)
    noteChanges()
    if let printed {
      return printed == stanza.expected
        ? nil : stanza.difference(expected: stanza.expected, actual: printed)
    }
    if isQuiet || stanza.value("log-level") == "none" {
      projection.forget()
      return nil
    }
    let numbers = stanza.numbers
    projection.read(stanza.expected, alone: numbers.count == 1 ? numbers[0] : nil)
    return stanza.command == "stabilize" && numbers.isEmpty ? settled(stanza) : nil
  }

  /// Compares all that is known of all members.
  func settled(_ stanza: Stanza) -> ScriptReport.Difference? {
    for known in projection.members {
      guard let node = nodes.first(where: { $0.id == known.member }) else { continue }
      if let (expected, actual) = known.difference(from: node, names) {
        let who = "member \(known.member.rawValue): "
        return stanza.difference(expected: who + expected + "\n", actual: who + actual + "\n")
      }
    }
    return nil
  }

  private mutating func noteChanges() {
    for node in nodes { for (position, text) in node.made { names.add(position, text) } }
  }

  /// What is printed where that is compared, else nil.
  private mutating func perform(_ stanza: Stanza) throws(ScriptError) -> String? {
    switch stanza.command {
    case "raft-log": return nodes[try position(stanza)].logText(names)
    case "raft-state": return nodes.map(\.stateText).joined()
    case "status": return nodes[try position(stanza)].statusText
    case "log-level": isQuiet = stanza.arguments.first?.key == "none"
    case "add-nodes": try addNodes(stanza)
    case "propose": try propose(stanza)
    case "propose-conf-change": try proposeChange(stanza)
    case "transfer-leadership": try transfer(stanza)
    case "deliver-msgs": try deliver(stanza)
    case "stabilize": stabilize(try positions(stanza))
    case "_breakpoint": break
    default: for at in try positions(stanza) { try command(stanza, at: at) }
    }
    return nil
  }

  private mutating func command(_ stanza: Stanza, at: Int) throws(ScriptError) {
    switch stanza.command {
    case "campaign": nodes[at].campaign()
    case "tick-heartbeat": nodes[at].tick()
    case "tick-election": for _ in 0..<NodeOptions.electionTicks { nodes[at].tick() }
    case "process-ready": network.send(nodes[at].processReady())
    case "process-append-thread": network.send(nodes[at].processAppend())
    case "process-apply-thread": nodes[at].processApply()
    default: try settings(stanza, at: at)
    }
  }
}

extension Stanza {
  func difference(expected: String, actual: String) -> ScriptReport.Difference {
    ScriptReport.Difference(line: line, command: command, expected: expected, actual: actual)
  }
}
