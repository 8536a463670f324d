import Primitives
import StockLedger

@testable import NodeCore

/// A client of a `VirtualCluster`: it repeats each call under its own id until it has an outcome,
/// at another node when one has none, and writes down what it was told.
final class Shop {
  struct Call {
    var id: String
    var shard: ShardID
    var record: [UInt8]
    var token: UInt64 = 0
    var node: Int
    var tries = 0
    var askedAt: UInt64 = 0
    var outcome: Outcome?
    var answered: [UInt8]?
    /// How often an answer other than an outcome came.
    var unknowns = 0
  }

  let cluster: VirtualCluster
  private(set) var calls: [Call] = []
  private var open: [Int] = []
  private var nextToken: UInt64
  private let patience: UInt64 = 3_000_000_000

  init(_ cluster: VirtualCluster, firstToken: UInt64 = 1) {
    self.cluster = cluster
    nextToken = firstToken
  }

  /// Makes a call at a node; `settle` brings it to its end.
  @discardableResult
  func call(_ id: String, _ record: [UInt8], to shard: ShardID, at node: Int) -> Int {
    calls.append(Call(id: id, shard: shard, record: record, node: node))
    open.append(calls.count - 1)
    ask(calls.count - 1)
    return calls.count - 1
  }

  /// Runs the cluster until each call has its outcome; false if that takes too long.
  func settle(seconds: Double = 60) -> Bool {
    let end = cluster.now + UInt64(seconds * 1e9)
    while !open.isEmpty && cluster.now < end {
      cluster.run(seconds: 0.02)
      look()
    }
    return open.isEmpty
  }

  /// Looks for answers once, and asks again where that is due.
  func look() {
    var still: [Int] = []
    for at in open where !take(at) { still.append(at) }
    open = still
  }

  var openCount: Int { open.count }

  private func take(_ at: Int) -> Bool {
    let token = calls[at].token
    if let record = cluster.answers[token] {
      calls[at].answered = record
      calls[at].outcome = Outcome(record: record)
      cluster.forget(token)
      return true
    }
    let waited = cluster.now - calls[at].askedAt
    if let refusal = cluster.refusals[token] {
      // Not at once, so that a cluster without a leader is not asked in a circle.
      guard waited > 30_000_000 else { return false }
      if refusal == .unknownOutcome { calls[at].unknowns += 1 }
      cluster.forget(token)
      askAgain(at, hint: refusal)
    } else if waited > patience || !cluster.isUp(calls[at].node) {
      // No answer at all: the caller cannot know what became of it (trap 40).
      calls[at].unknowns += 1
      askAgain(at, hint: nil)
    }
    return false
  }

  private func askAgain(_ at: Int, hint: RefusalReason?) {
    if case .notLeader(let node?) = hint {
      calls[at].node = Int(node.rawValue) - 1
    } else {
      calls[at].node = (calls[at].node + 1) % cluster.nodes.count
    }
    ask(at)
  }

  private func ask(_ at: Int) {
    calls[at].token = nextToken
    calls[at].tries += 1
    calls[at].askedAt = cluster.now
    nextToken += 1
    cluster.submit(
      calls[at].node,
      SubmitBatch(
        shard: calls[at].shard, commands: calls[at].record, tokens: [calls[at].token]))
  }
}
