import Primitives
import RaftConsensus
import StockLedger

/// Which version of the ledger's rules each node's build knows, as it said itself.
struct RulesBoard: Sendable {
  private let own: (node: NodeID, rules: RulesVersion)
  /// In order of first word; a cluster has few nodes.
  private var others: [(node: NodeID, rules: RulesVersion)] = []

  init(own: NodeID, rules: RulesVersion) { self.own = (own, rules) }

  /// The newest word counts: an older build may have come back.
  mutating func heard(_ rules: RulesVersion, from node: NodeID) {
    if let at = others.firstIndex(where: { $0.node == node }) {
      others[at].rules = rules
    } else {
      others.append((node, rules))
    }
  }

  /// Nil for a node that said nothing yet.
  func known(to node: NodeID) -> RulesVersion? {
    node == own.node ? own.rules : others.first { $0.node == node }?.rules
  }

  /// What all of them know: the first version while one of them said nothing.
  func known(toAll members: Configuration) -> RulesVersion {
    members.members.reduce(own.rules) { min($0, known(to: NodeID(of: $1)) ?? .first) }
  }
}
