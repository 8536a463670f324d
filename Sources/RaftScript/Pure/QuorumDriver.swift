import Primitives
import RaftConsensus

/// Runs the commands `committed` and `vote`: what majorities, plain and joint, make of indexes and
/// votes. Wherever two ways of asking must agree, both are asked, and a difference is printed.
struct QuorumDriver: ScriptDriver {
  static let commands = ["committed", "vote"]

  mutating func run(_ stanza: Stanza) throws(ScriptError) -> String {
    let voters = try members(stanza.values("cfg"), stanza)
    let isJoint = stanza.values("cfgj") != nil
    let outgoing = try members(stanza.values("cfgj")?.filter { $0 != "zero" }, stanza)
    let joint = JointQuorum(
      incoming: MajorityQuorum(unique(voters)), outgoing: MajorityQuorum(unique(outgoing)))
    let asked = unique(voters + outgoing, sorted: false)
    let words = stanza.values(stanza.command == "vote" ? "votes" : "idx") ?? []
    guard words.count == asked.count else {
      let names = asked.sorted().map { "\($0.rawValue)" }.joined(separator: " ")
      return "error: mismatched input (explicit or _) for voters [\(names)]: \(words)\n"
    }
    return stanza.command == "vote"
      ? try vote(joint, isJoint: isJoint, asked: asked, words, stanza)
      : try committed(joint, isJoint: isJoint, asked: asked, words, stanza)
  }

  // MARK: Indexes

  private func committed(
    _ joint: JointQuorum, isJoint: Bool, asked: [MemberID], _ words: [String], _ stanza: Stanza
  ) throws(ScriptError) -> String {
    var indexes: [UInt64?] = []
    for word in words { indexes.append(word == "_" ? nil : try number(word, stanza)) }
    let reached = { (member: MemberID) -> UInt64? in
      asked.firstIndex(of: member).flatMap { indexes[$0] }
    }
    let index = joint.committed(reached)
    let everybody = unique(joint.incoming.members + joint.outgoing.members)
    var text = describe(everybody, reached)
    for (other, way) in alternatives(to: joint, isJoint: isJoint) {
      let again = other.committed(reached)
      if again != index { text += "\(indexText(again)) <-- via \(way)\n" }
    }
    return text + indexText(index) + "\n"
  }

  /// Quorums that must come to the same: the halves exchanged, a plain one joint with the empty
  /// one or with itself.
  private func alternatives(
    to joint: JointQuorum, isJoint: Bool
  ) -> [(JointQuorum, String)] {
    guard !isJoint else {
      return [(JointQuorum(incoming: joint.outgoing, outgoing: joint.incoming), "symmetry")]
    }
    let plain = joint.incoming
    return [
      (JointQuorum(incoming: MajorityQuorum([]), outgoing: plain), "zero-joint quorum"),
      (JointQuorum(incoming: plain, outgoing: plain), "self-joint quorum"),
    ]
  }

  /// A table with a bar per voter: the more voters are behind, the longer it is.
  private func describe(_ voters: [MemberID], _ reached: (MemberID) -> UInt64?) -> String {
    guard !voters.isEmpty else { return "<empty majority quorum>" }
    let count = voters.count
    var text = String(repeating: " ", count: count) + "    idx\n"
    for voter in voters {
      let index = reached(voter)
      let behind = voters.count { (reached($0) ?? 0) < (index ?? 0) }
      text +=
        index == nil
        ? "?" + String(repeating: " ", count: count)
        : String(repeating: "x", count: behind) + ">"
          + String(repeating: " ", count: count - behind)
      text += " " + padded("\(index ?? 0)", to: 5) + "    (id=\(voter.rawValue))\n"
    }
    return text
  }

  private func indexText(_ index: UInt64) -> String { index == .max ? "∞" : "\(index)" }

  // MARK: Votes

  private func vote(
    _ joint: JointQuorum, isJoint: Bool, asked: [MemberID], _ words: [String], _ stanza: Stanza
  ) throws(ScriptError) -> String {
    var votes: [Bool?] = []
    for word in words {
      switch word {
      case "y": votes.append(true)
      case "n": votes.append(false)
      case "_": votes.append(nil)
      default: throw ScriptError(line: stanza.line, "unknown vote \(word)")
      }
    }
    let cast = { (member: MemberID) -> Bool? in
      asked.firstIndex(of: member).flatMap { votes[$0] }
    }
    let result = joint.result(cast)
    var text = ""
    for (other, way) in alternatives(to: joint, isJoint: isJoint) {
      let again = other.result(cast)
      if again != result { text += "\(voteText(again)) <-- via \(way)\n" }
    }
    return text + voteText(result) + "\n"
  }

  private func voteText(_ result: VoteResult) -> String {
    switch result {
    case .pending: "VotePending"
    case .won: "VoteWon"
    case .lost: "VoteLost"
    }
  }

  // MARK: Reading

  private func members(
    _ words: [String]?, _ stanza: Stanza
  ) throws(ScriptError) -> [MemberID] {
    var result: [MemberID] = []
    for word in words ?? [] { result.append(MemberID(try number(word, stanza))) }
    return result
  }

  private func unique(_ members: [MemberID], sorted: Bool = true) -> [MemberID] {
    var result: [MemberID] = []
    for member in sorted ? members.sorted() : members where !result.contains(member) {
      result.append(member)
    }
    return result
  }
}

func number(_ word: String, _ stanza: Stanza) throws(ScriptError) -> UInt64 {
  guard let number = UInt64(word) else {
    throw ScriptError(line: stanza.line, "\(word) is no number")
  }
  return number
}

func padded(_ text: String, to width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}
