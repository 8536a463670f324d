import Primitives
import RaftConsensus

// The commands of a script that change a cluster.

extension InteractionDriver {
  /// The members that a command names, or all.
  func positions(_ stanza: Stanza) throws(ScriptError) -> [Int] {
    let numbers = stanza.numbers
    if numbers.isEmpty { return Array(nodes.indices) }
    // A command about one member may have further numbers.
    let isAboutOne = ["compact", "report-unreachable", "send-snapshot"].contains(stanza.command)
    var result: [Int] = []
    for number in isAboutOne ? Array(numbers.prefix(1)) : numbers {
      result.append(try position(MemberID(number), stanza))
    }
    return result
  }

  func position(_ stanza: Stanza) throws(ScriptError) -> Int {
    guard let number = stanza.numbers.first else {
      throw ScriptError(line: stanza.line, "\(stanza.command) of nobody")
    }
    return try position(MemberID(number), stanza)
  }

  private func position(_ member: MemberID, _ stanza: Stanza) throws(ScriptError) -> Int {
    guard let at = nodes.firstIndex(where: { $0.id == member }) else {
      throw ScriptError(line: stanza.line, "no member \(member.rawValue)")
    }
    return at
  }

  mutating func addNodes(_ stanza: Stanza) throws(ScriptError) {
    let options = try NodeOptions(stanza)
    for _ in 0..<(stanza.numbers.first ?? 1) {
      nodes.append(ScriptNode(id: MemberID(UInt64(nodes.count) + 1), options: options))
    }
  }

  mutating func settings(_ stanza: Stanza, at: Int) throws(ScriptError) {
    switch stanza.command {
    case "compact":
      let index = stanza.numbers.dropFirst().first ?? nodes[at].applied.rawValue
      nodes[at].compact(to: LogIndex(index))
    case "forget-leader":
      // With leases of its own kind the suite's Raft refuses; the log's leases don't mind.
      if !nodes[at].options.hasLeaseReads { nodes[at].perform { group, _ in group.forgetLeader() } }
    case "set-randomized-election-timeout":
      let ticks = try number(stanza.value("timeout") ?? "", stanza)
      nodes[at].perform { group, _ in group.setElectionTimeout(ticks * NodeOptions.tick) }
    case "report-unreachable":
      let other = MemberID(stanza.numbers.dropFirst().first ?? 0)
      nodes[at].perform { group, _ in group.reportUnreachable(other) }
    case "send-snapshot": try sendSnapshot(stanza, at: at)
    default: throw ScriptError(line: stanza.line, "unknown command \(stanza.command)")
    }
  }

  /// Somebody has a member's newest snapshot reach another, unasked.
  private mutating func sendSnapshot(_ stanza: Stanza, at: Int) throws(ScriptError) {
    guard let to = stanza.numbers.dropFirst().first else {
      throw ScriptError(line: stanza.line, "send-snapshot to nobody")
    }
    let chunk = SnapshotChunk(mark: nodes[at].disk.snapshot, offset: 0, bytes: [0], isLast: true)
    network.send([
      Message(
        shard: nodes[at].group.shard, from: nodes[at].id, to: MemberID(to),
        term: nodes[at].group.term, body: .snapshotChunk(chunk))
    ])
  }

  // MARK: Proposals

  /// Where a client would go: to the member it asks, or to the leader that this one names.
  private func leader(_ stanza: Stanza) throws(ScriptError) -> Int? {
    let at = try position(stanza)
    guard let leader = nodes[at].group.leader else { return nil }
    return nodes.firstIndex { $0.id == leader }
  }

  mutating func propose(_ stanza: Stanza) throws(ScriptError) {
    guard let at = try leader(stanza) else { return }
    _ = nodes[at].propose(stanza.arguments.dropFirst().first?.key ?? "")
  }

  mutating func proposeChange(_ stanza: Stanza) throws(ScriptError) {
    guard let at = try leader(stanza) else { return }
    let steps = try changeSteps(stanza)
    let kind = stanza.value("v1") == "true" ? "EntryConfChange" : "EntryConfChangeV2"
    let words = stanza.input.split(whereSeparator: \.isWhitespace).map(String.init)
    let change = ConfigurationChange(steps, transition: try transition(stanza))
    nodes[at].propose(change, text: ([kind] + words).joined(separator: " "))
  }

  private func transition(
    _ stanza: Stanza
  ) throws(ScriptError) -> ConfigurationChange.Transition {
    switch stanza.value("transition") ?? "auto" {
    case "auto": .automatic
    case "implicit": .joint
    case "explicit": .jointUntilAsked
    case let other: throw ScriptError(line: stanza.line, "unknown transition \(other)")
    }
  }

  mutating func transfer(_ stanza: Stanza) throws(ScriptError) {
    let from = MemberID(try number(stanza.value("from") ?? "", stanza))
    let to = MemberID(try number(stanza.value("to") ?? "", stanza))
    nodes[try position(from, stanza)].perform { group, now in
      _ = group.transferLeadership(to: to, now: now)
    }
  }

  // MARK: Delivery

  mutating func deliver(_ stanza: Stanza) throws(ScriptError) {
    let kind = stanza.value("type")
    for word in stanza.values("drop") ?? [] {
      _ = network.take(for: MemberID(try number(word, stanza)), kind: kind)
    }
    for number in stanza.numbers {
      deliver(to: try position(MemberID(number), stanza), kind: kind)
    }
  }

  private mutating func deliver(to at: Int, kind: String? = nil) {
    for message in network.take(for: nodes[at].id, kind: kind) { nodes[at].step(message) }
  }

  /// Works and delivers among these members until nothing is left to do; in the order of the suite.
  mutating func stabilize(_ positions: [Int]) {
    var isDone = false
    while !isDone {
      isDone = true
      for at in positions where nodes[at].isReady {
        network.send(nodes[at].processReady())
        isDone = false
      }
      for at in positions where network.hasMessages(for: nodes[at].id) {
        deliver(to: at)
        isDone = false
      }
      for at in positions {
        while !nodes[at].appends.isEmpty {
          network.send(nodes[at].processAppend())
          isDone = false
        }
      }
      for at in positions {
        while !nodes[at].applies.isEmpty {
          nodes[at].processApply()
          isDone = false
        }
      }
    }
  }
}
