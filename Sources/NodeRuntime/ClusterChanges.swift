// TransferLeadership and ChangeMembers: told to the shard's leader, answered when it came about or
// can't any more.

import GRPCTransport
import NIOCore
import NodeCore
import Primitives
import RaftConsensus
import StockLedger
import WireFormat

/// What an operator wants of one shard.
enum ClusterChange: Sendable {
  /// Nil: the leader chooses.
  case transfer(to: NodeID?)
  case members([MemberStep])
}

/// A change under way, on the lane of its shard.
struct PendingChange {
  var call: CallHandle
  var shard: ShardID
  var goal: Goal
  var deadline: NIODeadline

  enum Goal {
    case leader(NodeID)
    /// The entry has to be committed as it was made, and no joint configuration left.
    case members(LogIndex, Term)
  }
}

extension Dispatcher {
  func change(
    _ call: CallHandle, _ method: HoldfastMethod, _ message: UnsafeRawBufferPointer,
    _ context: CallContext
  ) throws(RequestRefusal) {
    let (shard, change) = try unsafe wanted(method, message)
    guard let route = routes[shard] else {
      throw RequestRefusal(
        .invalidField, "shard: there is no shard \(shard.rawValue); DescribeCluster lists them")
    }
    guard route.leader == node else {
      return try unsafe forward(call, method, message, context, route)
    }
    let lane = hub.lanes[route.lane]
    hub.hop(from: hub.lanes[index], to: route.lane) { lane.begin(change, of: shard, for: call) }
  }

  private func wanted(
    _ method: HoldfastMethod, _ message: UnsafeRawBufferPointer
  ) throws(RequestRefusal) -> (ShardID, ClusterChange) {
    if method == .transferLeadership {
      let request = try unsafe decoder.read(
        method, message, as: API.TransferLeadershipRequest.self)
      if request.node != 0 { try checkSeat(request.node, "node") }
      let target = request.node == 0 ? nil : NodeID(request.node)
      return (ShardID(request.shard), .transfer(to: target))
    }
    let request = try unsafe decoder.read(method, message, as: API.ChangeMembersRequest.self)
    guard !request.changes.isEmpty else {
      throw RequestRefusal(.invalidField, "changes: at least one is needed")
    }
    var steps: [MemberStep] = []
    for (at, change) in request.changes.enumerated() {
      try checkSeat(change.node, "changes[\(at)].node")
      if change.kind == .addLearner {
        try checkCatalog(of: NodeID(change.node), for: ShardID(request.shard))
      }
      steps.append(try step(change, "changes[\(at)].kind"))
    }
    return (ShardID(request.shard), .members(steps))
  }

  private func step(
    _ change: API.MemberChange, _ field: String
  ) throws(RequestRefusal) -> MemberStep {
    let node = NodeID(change.node)
    switch change.kind {
    case .addLearner, .demote: return .learner(node)
    case .promote: return .voter(node)
    case .remove: return .remove(node)
    case .unspecified:
      throw RequestRefusal(.invalidField, "\(field): what is to become of the seat?")
    }
  }

  private func checkSeat(_ number: UInt64, _ field: String) throws(RequestRefusal) {
    guard hub.seat(NodeID(number)) == nil else { return }
    throw RequestRefusal(.invalidField, "\(field): no node \(number) is configured here")
  }
}

extension Dispatcher {
  /// A node finds the shards that it is to join in its catalog, and a shard's leader gets what is new
  /// there through its own. The answer may only be late: the seat was given just now.
  private func checkCatalog(of node: NodeID, for shard: ShardID) throws(RequestRefusal) {
    guard shard != .meta, !routes.catalog.nodes.contains(where: { $0.node == node }) else { return }
    throw .retry(
      .noLeader, afterMilliseconds: 100,
      "node \(node.rawValue) has no seat in the catalog's group, shard \(ShardID.meta.rawValue): "
        + "that comes first")
  }
}

extension Lane {
  /// Changes that wait on one lane; an operator makes one after the other.
  private static let changesMax = 256

  func begin(_ change: ClusterChange, of shard: ShardID, for call: CallHandle) {
    guard changes.count < Self.changesMax else {
      return end(call, .failure(.retry(.overloaded, afterMilliseconds: 1_000)))
    }
    do throws(RequestRefusal) {
      let goal = try start(change, of: shard)
      let wait = Int64(2 * core.settings.raft.electionNanoseconds.upperBound)
      changes.append(
        PendingChange(
          call: call, shard: shard, goal: goal, deadline: .now() + .nanoseconds(wait)))
    } catch {
      end(call, .failure(error))
    }
    ring()
  }

  private func start(
    _ change: ClusterChange, of shard: ShardID
  ) throws(RequestRefusal) -> PendingChange.Goal {
    switch change {
    case .transfer(let asked):
      // It leads already: nothing has to be done, and the first look finds it so.
      if let asked, asked == core.settings.node, core.placement(of: shard)?.leader == asked {
        return .leader(asked)
      }
      let status = core.status(now: SystemClock.now()).first { $0.shard == shard }
      for target in asked.map({ [$0] }) ?? status.map(successors) ?? [] {
        let result = core.transfer(shard, to: target, now: SystemClock.now())
        if asked == nil, result == .targetUnfit { continue }
        try check(result, target)
        return .leader(target)
      }
      throw RequestRefusal(.wrongState, "the shard has no other member that could lead")
    case .members(let steps):
      if let node = core.olderBuild(among: steps, of: shard) {
        throw RequestRefusal(
          .wrongState,
          "node \(node.rawValue) runs a build that does not know the shard's rules: start the newer "
            + "one there first")
      }
      let made = try check(core.change(shard, steps, now: SystemClock.now()), shard)
      return .members(made.index, made.term)
    }
  }

  /// Begins to hand over every shard that is led here and has another voter; gives their number.
  func handOver() -> Int {
    let led = core.status(now: SystemClock.now()).filter { $0.role == .leader }
    var count = 0
    for status in led {
      let targets = successors(status)
      if !targets.isEmpty { count += 1 }
      // A hand-over that is under way, or may not begin yet, is looked at again; one that does not
      // answer is passed over.
      for target in targets {
        let result = core.transfer(status.shard, to: target, now: SystemClock.now())
        if result != .targetUnfit { break }
      }
    }
    if count > 0 { ring() }
    return count
  }

  /// The other voters, those with the most of the log first.
  private func successors(_ status: ShardStatus) -> [NodeID] {
    status.members.filter { $0.isVoter && $0.node != core.settings.node }
      .sorted { ($1.match ?? .zero, $0.node) < ($0.match ?? .zero, $1.node) }
      .map(\.node)
  }

  private func check(_ result: TransferResult, _ target: NodeID) throws(RequestRefusal) {
    switch result {
    case .started: break
    case .notLeader(let hint): throw dispatcher.notLeader(hint.map { NodeID($0.rawValue) })
    case .targetUnfit:
      throw RequestRefusal(
        .wrongState, "node \(target.rawValue) has no vote in the shard, or does not answer")
    case .alreadyTransferring:
      throw .retry(.noLeader, afterMilliseconds: 200, "the lead is being handed over already")
    case .notYet:
      throw .retry(
        .noLeader, afterMilliseconds: 200, "the leader is too new to hand the lead over")
    }
  }

  private func check(
    _ result: ProposeResult, _ shard: ShardID
  ) throws(RequestRefusal) -> (index: LogIndex, term: Term) {
    switch result {
    case .accepted(let index, let term): return (index, term)
    case .notLeader(let hint): throw dispatcher.notLeader(hint.map { NodeID($0.rawValue) })
    case .full, .transferring, .refused(.notEstablished):
      throw .retry(.noLeader, afterMilliseconds: 200, "the leader can't change members just now")
    case .refused(.pending(let index)):
      throw .retry(
        .noLeader, afterMilliseconds: 200,
        "another change of members, entry \(index.rawValue), is under way")
    case .refused(.notCaughtUp(let member)):
      throw RequestRefusal(
        .wrongState,
        "node \(member.rawValue) is no learner, or lacks too much of the log; "
          + "`cluster members` shows how far it is")
    case .refused(.noMajority):
      throw RequestRefusal(
        .wrongState,
        "no majority of the voters that it would leave answers: the shard would stand still")
    case .refused(.impossible(let error)):
      throw RequestRefusal(.wrongState, "the members as they are don't allow it: \(error)")
    }
  }

  /// After a turn: answers what came about and what can't any more.
  func lookAtChanges() {
    guard !changes.isEmpty else { return }
    let waiting = changes
    changes = []
    let now = NIODeadline.now()
    for change in waiting {
      if let result = result(of: change, now) {
        end(change.call, result)
      } else {
        changes.append(change)
      }
    }
    hub.flush(from: self)
  }

  private func result(
    of change: PendingChange, _ now: NIODeadline
  ) -> Result<[UInt8], RequestRefusal>? {
    let status = core.status(now: SystemClock.now()).first { $0.shard == change.shard }
    guard let status else { return .failure(RequestRefusal(.outcomeUnknown)) }
    switch change.goal {
    case .leader(let target):
      if status.leader == target {
        var response = API.TransferLeadershipResponse()
        (response.leader, response.term) = (target.rawValue, status.term.rawValue)
        return .success(response.encoded())
      }
    case .members(let index, let term):
      // Another leader's entry in its place took the change back.
      if let there = core.term(of: change.shard, at: index), there != term {
        return .failure(
          RequestRefusal(.outcomeUnknown, "the leader changed, and the members did not"))
      }
      let isSettled = core.members(of: change.shard).map { !$0.isJoint } ?? false
      if isSettled, status.commit >= index, core.isMembershipCommitted(change.shard) {
        var response = API.ChangeMembersResponse()
        response.members = seat(status).members
        response.commit = status.commit.rawValue
        return .success(response.encoded())
      }
    }
    guard now >= change.deadline else { return nil }
    return .failure(
      RequestRefusal(
        .outcomeUnknown, "it did not come about in time; `cluster members` shows what is"))
  }

  private var dispatcher: Dispatcher { hub.dispatchers[index] }

  private func end(_ call: CallHandle, _ result: Result<[UInt8], RequestRefusal>) {
    send(result, to: call)
    hub.flush(from: self)
  }
}
