// DescribeCluster: what every node says of itself, put together by the one that was asked.

import GRPCTransport
import NIOCore
import NodeCore
import Primitives
import WireFormat

extension Dispatcher {
  /// A node that doesn't answer in this time is shown as unreachable.
  private static let describeWait = TimeAmount.seconds(1)

  func describe(
    _ call: CallHandle, _ method: HoldfastMethod, _ message: UnsafeRawBufferPointer,
    _ context: CallContext
  ) throws(RequestRefusal) {
    let caller = Caller(context)
    guard method == .describeCluster else {
      return describeNode { [self] own in answer(call, own.encoded()) }
    }
    let here = server.eventLoop
    let own = here.makePromise(of: NodeReport.self)
    let ownID = node
    describeNode { own.succeed(NodeReport(node: ownID, answer: $0)) }
    let others = hub.links.map { ask($0, caller) }
    EventLoopFuture.whenAllSucceed([own.futureResult] + others, on: here).whenSuccess {
      [self] reports in
      answer(call, ClusterPicture(reports, hub.settings.core.nodes, by: node).response.encoded())
    }
  }

  private func answer(_ call: CallHandle, _ bytes: [UInt8]) {
    response = bytes
    respond(call)
    server.flush()
  }

  private func ask(_ link: PeerLink, _ caller: Caller) -> EventLoopFuture<NodeReport> {
    let promise = server.eventLoop.makePromise(of: NodeReport.self)
    let path = MethodPath(HoldfastMethod.describeNode.path)
    let bytes = API.DescribeNodeRequest().encoded()
    let node = link.node
    link.onLoop {
      unsafe bytes.withUnsafeBytes { bytes in
        unsafe link.channel.unary(
          path, message: bytes, options: .timeout(Self.describeWait)
        ) { reply in
          let answer =
            reply.status.code == .ok
            ? try? unsafe API.DescribeNodeResponse(decoding: reply.message) : nil
          promise.succeed(NodeReport(node: node, answer: answer))
        }
      }
    }
    return promise.futureResult
  }
}

/// What came of asking one node.
struct NodeReport: Sendable {
  var node: NodeID
  var answer: API.DescribeNodeResponse?
}

/// The nodes' reports as one picture.
struct ClusterPicture {
  private(set) var response = API.DescribeClusterResponse()

  init(_ reports: [NodeReport], _ nodes: [NodeSeat], by answering: NodeID) {
    response.answeredBy = answering.rawValue
    response.nodes = nodes.map { seat in
      let report = reports.first { $0.node == seat.id }
      return report?.answer?.node ?? API.NodeDescription(seat, .unreachable)
    }
    let seats = reports.flatMap { $0.answer?.seats ?? [] }
    for shard in Set(seats.map(\.shard)).sorted() {
      response.shards.append(Self.shard(shard, seats.filter { $0.shard == shard }))
    }
  }

  /// The leader's word counts most, then that of the seat with the highest term and index.
  private static func shard(
    _ id: UInt32, _ seats: [API.SeatDescription]
  ) -> API.ShardDescription {
    let speaker = seats.max {
      ($0.term, $0.role == .leader ? 1 : 0, $0.applied) < (
        $1.term, $1.role == .leader ? 1 : 0, $1.applied
      )
    }!
    var shard = API.ShardDescription()
    shard.id = id
    shard.pool = speaker.pool
    shard.region = speaker.region
    shard.leader = speaker.leader
    shard.term = speaker.term
    shard.commit = speaker.commit
    shard.applied = speaker.applied
    shard.logTime = speaker.logTime
    shard.catalogVersion = speaker.catalogVersion
    shard.reservationsMade = speaker.reservationsMade
    shard.liveReservations = speaker.liveReservations
    shard.dedupeHorizon = speaker.dedupeHorizon
    // A node that lost its seat knows an old ledger, which nobody is compared with.
    let members = seats.filter { seat in speaker.members.contains { $0.id == seat.member } }
    let common = commonDigest(members)
    shard.digestIndex = common ?? 0
    shard.digest = digest(of: speaker, at: common)
    shard.members = speaker.members.map { member in
      var member = member
      if let seat = seats.first(where: { $0.member == member.id }) {
        // Who learns is for the leader to say: a member may not have the entry with its seat yet.
        if member.role != .learner && seat.role != .learner { member.role = seat.role }
        member.applied = seat.applied
        member.standing = seat.standing
        member.digest = digest(of: seat, at: common)
      }
      return member
    }
    return shard
  }

  /// The newest index that every seat has a digest of.
  private static func commonDigest(_ seats: [API.SeatDescription]) -> UInt64? {
    guard let first = seats.first else { return nil }
    return first.digests.map(\.index).filter { index in
      seats.allSatisfy { $0.digests.contains { $0.index == index } }
    }.max()
  }

  private static func digest(of seat: API.SeatDescription, at index: UInt64?) -> [UInt8] {
    seat.digests.first { $0.index == index }?.digest ?? []
  }
}
