// The connections of one event loop to a cluster, and the calls that are under way on them.

package import GRPCTransport
package import NIOCore
import Primitives
package import WireFormat

/// How to reach a cluster.
package struct ClusterSettings: Sendable {
  package var endpoints: [NodeAddress]
  /// Nothing means plaintext, which nodes offer on loopback only.
  package var tls: ClientTLS?
  package var retry = RetryPolicy()

  package init(endpoints: [NodeAddress], tls: ClientTLS?) {
    precondition(!endpoints.isEmpty, "a cluster of 0 endpoints")
    self.endpoints = endpoints
    self.tls = tls
  }
}

/// Finds leaders, repeats calls under their own request id until the deadline, and says honestly
/// how they ended. All of it happens on one event loop.
package final class ClusterLink {
  package let eventLoop: any EventLoop
  package let settings: ClusterSettings
  private var channels: [NodeAddress: GRPCChannel] = [:]
  private var leaders: [Route: NodeAddress] = [:]
  private var random = SeededRandom(seed: UInt64.random(in: 0...UInt64.max))
  private var nextEndpoint = 0
  /// Attempts beyond the first, for progress and tests.
  package private(set) var retries = 0

  package init(_ settings: ClusterSettings, eventLoop: any EventLoop) {
    self.settings = settings
    self.eventLoop = eventLoop
  }

  /// Makes a call; on the loop. `preferred` is asked first when no leader is known. The message is
  /// the same on every attempt.
  package func call(
    _ method: HoldfastMethod, _ message: [UInt8], route: Route = .any,
    preferred: NodeAddress? = nil, timeout: TimeAmount, completion: @escaping (CallEnding) -> Void
  ) {
    eventLoop.preconditionInEventLoop()
    let pending = PendingCall(
      method: method, message: message, route: route, preferred: preferred,
      deadline: .now() + timeout, completion: completion)
    attempt(pending)
  }

  /// Makes a call of a typed request; on the loop.
  package func call(
    _ request: some ClientCall, route: Route = .any, preferred: NodeAddress? = nil,
    timeout: TimeAmount, completion: @escaping (CallEnding) -> Void
  ) {
    call(
      type(of: request).method, request.encoded(), route: route, preferred: preferred,
      timeout: timeout, completion: completion)
  }

  /// The channel to one node, made when it is first asked for.
  package func channel(to endpoint: NodeAddress) -> GRPCChannel {
    if let channel = channels[endpoint] { return channel }
    var settings = ChannelSettings()
    // A node that was killed is back within a second or two.
    settings.backoffMax = .milliseconds(500)
    let channel = GRPCChannel(
      host: endpoint.host, port: endpoint.port, tls: self.settings.tls, settings: settings,
      eventLoop: eventLoop)
    channels[endpoint] = channel
    return channel
  }

  package func close() {
    for channel in channels.values { channel.close() }
    channels.removeAll()
  }

  // MARK: Attempts

  private func attempt(_ call: PendingCall) {
    let now = NIODeadline.now()
    guard now < call.deadline else { return finish(call, nil) }
    let endpoint = call.pinned ?? leaders[call.route] ?? call.preferred ?? anyEndpoint()
    call.asked = endpoint
    call.attempts += 1
    if call.attempts > 1 { retries += 1 }
    let limit = now + .nanoseconds(settings.retry.attemptTimeout)
    var metadata = Metadata()
    if wantsHint(call) { metadata.add("holdfast-route", "none") }
    let options = CallOptions(deadline: min(limit, call.deadline), metadata: metadata)
    unsafe call.message.withUnsafeBytes { message in
      unsafe channel(to: endpoint).unary(call.path, message: message, options: options) { reply in
        self.ended(call, reply)
      }
    }
  }

  /// Hints name addresses for TLS, so that without it the nodes forward the calls. What goes to
  /// several shards has no leader to follow.
  private func wantsHint(_ call: PendingCall) -> Bool {
    settings.tls != nil && call.route.isKnown && call.method.isWrite && call.redirects < 6
  }

  private func ended(_ call: PendingCall, _ reply: UnaryReply) {
    if reply.status.code == .ok {
      if call.route.isKnown, let asked = call.asked, wantsHint(call) {
        leaders[call.route] = asked
      }
      call.completion(.answered(unsafe [UInt8](reply.message)))
      return
    }
    let failure = CallFailure(reply.status, endpoint: call.asked)
    if failure.mayHaveActed(neverProcessed: reply.neverProcessed) { call.mayHaveActed = true }
    call.lastFailure = failure
    let verdict = settings.retry.verdict(
      failure, attempt: call.attempts, redirects: call.redirects, jitter: random.next())
    perform(verdict, call, failure)
  }

  private func perform(_ verdict: RetryPolicy.Verdict, _ call: PendingCall, _ failure: CallFailure)
  {
    switch verdict {
    case .final:
      // The ledger has forgotten whether an earlier attempt acted.
      let isForgotten = failure.reason == "REQUEST_TOO_OLD" && call.mayHaveActed
      call.completion(isForgotten ? .unknown(failure) : .refused(failure))
    case .redirect(let address, let wait):
      call.redirects += 1
      if let endpoint = NodeAddress(address) { leaders[call.route] = endpoint }
      call.pinned = nil
      retry(call, after: wait)
    case .elsewhere(let wait):
      if let asked = call.asked, leaders[call.route] == asked { leaders[call.route] = nil }
      call.redirects = 0
      call.pinned = endpoint(after: call.asked)
      retry(call, after: wait)
    case .again(let wait):
      retry(call, after: wait)
    }
  }

  private func retry(_ call: PendingCall, after wait: Int64) {
    guard .now() + .nanoseconds(wait) < call.deadline else { return finish(call, call.lastFailure) }
    guard wait > 0 else { return attempt(call) }
    eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(wait)) { self.attempt(call) }
  }

  private func finish(_ call: PendingCall, _ failure: CallFailure?) {
    let failure = failure ?? call.lastFailure ?? CallFailure(.deadlineExceeded, "no time left")
    call.completion(call.mayHaveActed ? .unknown(failure) : .unreachable(failure))
  }

  private func anyEndpoint() -> NodeAddress {
    nextEndpoint = (nextEndpoint + 1) % settings.endpoints.count
    return settings.endpoints[nextEndpoint]
  }

  private func endpoint(after endpoint: NodeAddress?) -> NodeAddress {
    guard let endpoint, let index = settings.endpoints.firstIndex(of: endpoint) else {
      return anyEndpoint()
    }
    return settings.endpoints[(index + 1) % settings.endpoints.count]
  }
}

/// One call until its end.
private final class PendingCall {
  let method: HoldfastMethod
  let path: MethodPath
  let message: [UInt8]
  let route: Route
  let preferred: NodeAddress?
  let deadline: NIODeadline
  let completion: (CallEnding) -> Void
  var asked: NodeAddress?
  /// Where the next attempt goes, whatever is known of leaders.
  var pinned: NodeAddress?
  var attempts = 0
  var redirects = 0
  var mayHaveActed = false
  var lastFailure: CallFailure?

  init(
    method: HoldfastMethod, message: [UInt8], route: Route, preferred: NodeAddress?,
    deadline: NIODeadline, completion: @escaping (CallEnding) -> Void
  ) {
    self.method = method
    path = paths[method.rawValue]
    self.message = message
    self.route = route
    self.preferred = preferred
    self.deadline = deadline
    self.completion = completion
  }
}

/// The methods' paths, made once.
private let paths: [MethodPath] = HoldfastMethod.allCases.map { MethodPath($0.path) }
