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

/// The node of a certificate with the URI `holdfast:node/<id>`.
func nodeID(ofURIs uris: [String]) -> NodeID? {
  let prefix = "holdfast:node/"
  for uri in uris where uri.hasPrefix(prefix) {
    if let number = UInt64(uri.dropFirst(prefix.count)), number > 0 { return NodeID(number) }
  }
  return nil
}

extension Dispatcher {
  /// A forwarded call without a deadline of its own waits no longer than this.
  private static let deadlineDefault = TimeAmount.seconds(30)

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

  /// Sends a call on to the shard's leader; `completion` runs on this loop.
  func forward(
    _ method: HoldfastMethod, _ message: [UInt8], _ caller: Caller, _ route: Route,
    to target: NodeID? = nil, completion: @escaping (Result<[UInt8], GRPCStatus>) -> Void
  ) throws(RequestRefusal) {
    guard let leader = target ?? route.leader ?? guess(route) else {
      throw .retry(.noLeader, afterMilliseconds: 100)
    }
    guard !caller.isForwarded, !caller.wantsHint, leader != node, let link = hub.link(to: leader)
    else { throw notLeader(route.leader) }
    var metadata = Metadata()
    metadata.add("holdfast-forwarded-by", "\(node.rawValue)")
    metadata.add("holdfast-principal", caller.principal)
    let options = CallOptions(
      deadline: caller.deadline ?? .now() + Self.deadlineDefault, metadata: metadata)
    let here = server.eventLoop
    let done = NIOLoopBound(completion, eventLoop: here)
    send(link, method, message, options) { [self] result in
      here.execute {
        self.learn(from: result, route)
        done.value(result)
      }
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
              ? unsafe .success([UInt8](reply.message)) : .failure(reply.status))
        }
      }
    }
  }

  /// Where to try for a shard whose leader isn't known: only a node without a member asks this way.
  private func guess(_ route: Route) -> NodeID? {
    route.members.contains(node) ? nil : route.members.first
  }

  /// A refusal that names the leader mends what we know.
  private func learn(from result: Result<[UInt8], GRPCStatus>, _ route: Route) {
    guard case .failure(let status) = result, !route.members.contains(node),
      let details = try? API.Status(decoding: status.details), let hint = details.leaderHint
    else { return }
    routes.learn(leader: NodeID(hint.node), of: route.shard)
  }
}
