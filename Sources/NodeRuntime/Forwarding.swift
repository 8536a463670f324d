// Calls for shards that another node leads: sent on once, with the same body and deadline, or told
// where to go (CONTRACTS, routing).

import GRPCTransport
import NIOCore
import NodeCore
import Primitives
import WireFormat

/// How a caller wants its call routed, and for whom it is.
struct Caller {
  /// The call came from another node, which does the caller's waiting: it is not sent on again.
  var isForwarded: Bool
  /// The caller asked to be told the leader instead (`holdfast-route: none`).
  var wantsHint: Bool
  var principal: String
  var deadline: NIODeadline?

  /// Metadata between nodes counts only from a node's certificate.
  init(_ context: CallContext) {
    let fromNode = nodeID(ofURIs: context.peerURIs) != nil
    let forwardedBy = fromNode ? context.metadata("holdfast-forwarded-by") : nil
    isForwarded = forwardedBy != nil
    wantsHint = context.metadata("holdfast-route") == Array("none".utf8)
    let named = isForwarded ? context.metadata("holdfast-principal") : nil
    principal = named.map { String(decoding: $0, as: UTF8.self) } ?? context.peerURIs.first ?? ""
    deadline = context.deadline
  }
}

extension Caller {
  /// The caller of the parts that a call is cut into. They have to be in a little before the caller
  /// stops waiting, so that those that are can still be answered.
  func ofParts(now: NIODeadline = .now()) -> Caller {
    guard let deadline, deadline > now else { return self }
    let left = deadline - now
    var parts = self
    parts.deadline = deadline - min(Self.joinTimeMax, .nanoseconds(left.nanoseconds / 4))
    return parts
  }

  /// Enough to join what is there and send it, also for a busy node.
  private static let joinTimeMax = TimeAmount.milliseconds(100)
}

/// The node of a certificate with the URI `holdfast:node/<id>`.
func nodeID(ofURIs uris: [String]) -> NodeID? {
  let prefix = "holdfast:node/"
  for uri in uris where uri.hasPrefix(prefix) {
    if let number = UInt64(uri.dropFirst(prefix.count)), number > 0 { return NodeID(number) }
  }
  return nil
}

extension Dispatcher {
  /// What a forwarded call means by no region: that of the node that its caller asked. Nil for a
  /// call that came straight here.
  func regionAsked(_ context: CallContext) -> [UInt8]? {
    guard !context.peerURIs.isEmpty, let peer = nodeID(ofURIs: context.peerURIs),
      context.metadata("holdfast-forwarded-by") != nil
    else { return nil }
    return hub.seat(peer)?.region
  }

  /// A forwarded call without a deadline of its own waits no longer than this.
  private static let deadlineDefault = TimeAmount.seconds(30)

  /// Sends a whole call on; the answer is what the other node says.
  func forward(
    _ call: CallHandle, _ method: HoldfastMethod, _ message: UnsafeRawBufferPointer,
    _ context: CallContext, _ route: Route, to target: NodeID? = nil
  ) throws(RequestRefusal) {
    try unsafe forward(method, [UInt8](message), Caller(context), route, to: target) {
      [self] reply in
      switch reply {
      case .success(let bytes):
        unsafe bytes.withUnsafeBytes { unsafe server.respond(call, message: $0) }
      case .failure(let status): server.fail(call, status: status)
      }
      server.flush()
    }
  }

  /// The node to which a call for this shard goes on, if it may go on at all.
  func target(
    of route: Route, _ caller: Caller, preferred: NodeID? = nil
  ) throws(RequestRefusal) -> NodeID {
    guard let target = preferred ?? route.leader ?? guess(route) else {
      throw .retry(.noLeader, afterMilliseconds: 100)
    }
    // Whom this node would ask is a hint too: one that lost its seat knows newer members than one
    // that lost it before.
    guard !caller.isForwarded, !caller.wantsHint, target != node, hub.link(to: target) != nil
    else { throw notLeader(target) }
    return target
  }

  /// Sends a call on to the shard's leader, or to `target`; `completion` runs on this loop.
  func forward(
    _ method: HoldfastMethod, _ message: [UInt8], _ caller: Caller, _ route: Route,
    to target: NodeID? = nil, completion: @escaping (Result<[UInt8], GRPCStatus>) -> Void
  ) throws(RequestRefusal) {
    let target = try self.target(of: route, caller, preferred: target)
    forward(method, message, caller, to: target) { [self] result in
      switch result {
      case .success: routes.settle(route.shard, on: target)
      case .failure(let status):
        if let details = try? API.Status(decoding: status.details) {
          learn(from: details, route.shard)
        }
      }
      completion(result)
    }
  }

  /// Sends a call, or a part of one, to a node that `target` named; `completion` runs on this loop.
  /// A failure has the details that a refusal has.
  func forward(
    _ method: HoldfastMethod, _ message: [UInt8], _ caller: Caller, to target: NodeID,
    completion: @escaping (Result<[UInt8], GRPCStatus>) -> Void
  ) {
    var metadata = Metadata()
    metadata.add("holdfast-forwarded-by", "\(node.rawValue)")
    metadata.add("holdfast-principal", caller.principal)
    let options = CallOptions(
      deadline: caller.deadline ?? .now() + Self.deadlineDefault, metadata: metadata)
    let here = server.eventLoop
    let done = NIOLoopBound(completion, eventLoop: here)
    send(hub.link(to: target)!, method, message, options) { result in
      here.execute { done.value(result) }
    }
  }

  private func send(
    _ link: PeerLink, _ method: HoldfastMethod, _ message: [UInt8], _ options: CallOptions,
    _ completion: @escaping @Sendable (Result<[UInt8], GRPCStatus>) -> Void
  ) {
    link.onLoop {
      unsafe message.withUnsafeBytes { bytes in
        unsafe link.channel.unary(MethodPath(method.path), message: bytes, options: options) {
          reply in
          completion(
            reply.status.code == .ok
              ? unsafe .success([UInt8](reply.message)) : .failure(Self.failure(reply)))
        }
      }
    }
  }

  /// What the caller is told of a failure: the other node's own words, or what the lack of them means.
  private static func failure(_ reply: UnaryReply) -> GRPCStatus {
    let status = reply.status
    guard status.details.isEmpty else { return status }
    let refusal: RequestRefusal
    switch status.code {
    case .deadlineExceeded: refusal = RequestRefusal(.deadlinePassed, status.message)
    case .resourceExhausted:
      refusal = .retry(.overloaded, afterMilliseconds: 100, status.message)
    case .unavailable where reply.neverProcessed:
      refusal = .retry(.noLeader, afterMilliseconds: 100, status.message)
    case .unavailable, .cancelled, .unknown:
      refusal = .retry(.outcomeUnknown, afterMilliseconds: 100, status.message)
    default: return status
    }
    return GRPCStatus(refusal)
  }

  /// Where to try for a shard whose leader isn't known: only a node without a member asks this way.
  private func guess(_ route: Route) -> NodeID? {
    route.members.contains(node) ? nil : routes.guess(route)
  }

  /// What a refusal says of a shard without a member here: its leader, or that another node has to
  /// be asked. Nothing else tells this node that a leader died or members were replaced.
  func learn(from details: API.Status, _ shard: ShardID) {
    guard let route = routes[shard], !route.members.contains(node) else { return }
    // Another one's knowledge may be so old that it names this node.
    if let hint = details.leaderHint, NodeID(hint.node) != node {
      routes.learn(leader: NodeID(hint.node), of: shard)
    } else if Self.codesOfNoAnswer.contains(details.code) {
      routes.askAnother(for: shard)
    }
  }

  private static let codesOfNoAnswer: [Int32] = [
    WireFormat.StatusCode.unavailable.rawValue, WireFormat.StatusCode.deadlineExceeded.rawValue,
  ]
}

extension Dispatcher {
  /// Calls `end` at the deadline of a caller's parts, if it has one.
  func atEnd(of parts: Caller, _ end: @escaping () -> Void) -> Scheduled<Void>? {
    parts.deadline.map { deadline in
      server.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in
        end()
        flush()
      }
    }
  }
}

extension GRPCStatus {
  init(_ refusal: RequestRefusal) {
    self.init(
      GRPCTransport.StatusCode(refusal.code), refusal.message, details: refusal.statusBytes())
  }
}

extension RequestRefusal {
  /// What another node refused a part with, to be said of each of its items.
  init(_ status: GRPCStatus) {
    let known = try? API.Status(decoding: status.details)
    self =
      known.flatMap { RequestRefusal($0) }
      ?? .retry(.outcomeUnknown, afterMilliseconds: 100, status.message)
  }
}
