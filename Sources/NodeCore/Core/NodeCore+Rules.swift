package import Primitives
import RaftConsensus
import StockLedger

// Versions of the ledger's rules (`RulesVersion`): raised by an entry when every member's build knows
// the newer one.

extension NodeCore {
  /// Proposes the newest version that all members know, learners among them.
  mutating func proposeRules(_ at: Int, now: ClockReading) {
    guard let rules = groups[at].books.shard?.rules, rules < settings.ledger.rulesMax else {
      return
    }
    guard rulesUnderWay(at) == nil else { return }
    #if HOLDFAST_MUTANTS
      let known =
        Mutant.rulesRaisedAlone.isPlanted
        ? settings.ledger.rulesMax : rulesBoard.known(toAll: groups[at].raft.configuration)
    #else
      let known = rulesBoard.known(toAll: groups[at].raft.configuration)
    #endif
    guard rules < known else { return }
    let place = propose(.command, CommandWriter.raise(to: known), at: at, now: now)
    groups[at].rulesProposed = place.map { (rules: known, index: $0.index, term: $0.term) }
  }

  /// What this leader has proposed and not yet applied.
  private func rulesUnderWay(_ at: Int) -> RulesVersion? {
    guard let proposed = groups[at].rulesProposed, proposed.term == groups[at].raft.term,
      proposed.index > groups[at].books.index
    else { return nil }
    return proposed.rules
  }

  /// False for an entry that this build cannot apply. Nothing behind it is applied either: a newer build
  /// goes on from there.
  mutating func knowsRules(of entry: Entry, at: Int) -> Bool {
    if groups[at].waitsForRules { return false }
    guard entry.kind == .command, !groups[at].isMeta,
      let rules = CommandReader.rulesRaised(by: entry.payload), rules > settings.ledger.rulesMax
    else { return true }
    groups[at].waitsForRules = true
    out.events.append(.rulesUnknown(groups[at].shard, rules, known: settings.ledger.rulesMax))
    return false
  }

  /// A node that is to get a seat, and whose build said that it knows only older rules than the shard's:
  /// it could not apply what the others do.
  package func olderBuild(among steps: [MemberStep], of shard: ShardID) -> NodeID? {
    guard let at = position(of: shard), let applied = groups[at].books.shard?.rules else {
      return nil
    }
    let rules = max(applied, rulesUnderWay(at) ?? .first)
    let seated = steps.compactMap { step -> NodeID? in
      switch step {
      case .learner(let node), .voter(let node): node
      case .remove: nil
      }
    }
    return seated.first { (rulesBoard.known(to: $0) ?? rules) < rules }
  }
}
