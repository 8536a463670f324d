// The client for Swift programs: one function a call, each of which ends with an answer or with a
// failure that says whether anything may have been done.

package import NIOCore
package import WireFormat

/// Why there is no answer.
package enum ClientFailure: Error, Sendable, CustomStringConvertible {
  case refused(CallFailure)
  case unknown(CallFailure)
  case unreachable(CallFailure)
  /// The server's answer is no message of the type that the method gives.
  case malformedAnswer(HoldfastMethod)

  package var description: String {
    switch self {
    case .refused(let failure): failure.description
    case .unknown(let failure): "outcome unknown, repeat with the same request id: \(failure)"
    case .unreachable(let failure): "no node answered: \(failure)"
    case .malformedAnswer(let method): "the answer to \(method.name) is malformed"
    }
  }
}

package final class ReservationClient: Sendable {
  private let link: NIOLoopBoundBox<ClusterLink>
  private let stamps: NIOLoopBoundBox<RequestStamps>
  private let homeRegion: NIOLoopBoundBox<String?>
  private let timeout: TimeAmount

  /// `timeout` bounds each call, retries included.
  package init(_ settings: ClusterSettings, eventLoop: any EventLoop, timeout: TimeAmount) {
    link = .makeBoxSendingValue(ClusterLink(settings, eventLoop: eventLoop), eventLoop: eventLoop)
    stamps = .makeBoxSendingValue(RequestStamps(), eventLoop: eventLoop)
    homeRegion = .makeBoxSendingValue(nil, eventLoop: eventLoop)
    self.timeout = timeout
  }

  private var eventLoop: any EventLoop { link.eventLoop }

  /// A new request id and the time of its first attempt. Keep it to repeat an unknown call.
  package func stamp(now: Int64) async -> RequestStamp {
    await onLoop { self.stamps.value.next(now: now) }
  }

  /// Makes any call and gives the bytes of its answer.
  package func send(
    _ method: HoldfastMethod, _ message: [UInt8], route: Route = .any
  ) async throws(ClientFailure) -> [UInt8] {
    let ending = await withCheckedContinuation { continuation in
      eventLoop.execute {
        self.link.value.call(method, message, route: route, timeout: self.timeout) {
          continuation.resume(returning: $0)
        }
      }
    }
    switch ending {
    case .answered(let bytes): return bytes
    case .refused(let failure): throw .refused(failure)
    case .unknown(let failure): throw .unknown(failure)
    case .unreachable(let failure): throw .unreachable(failure)
    }
  }

  /// Makes a call and reads its answer.
  package func send<Call: ClientCall>(
    _ call: Call, route: Route = .any
  ) async throws(ClientFailure) -> Call.Answer {
    let bytes = try await send(Call.method, call.encoded(), route: route)
    return try Self.read(bytes, as: Call.self)
  }

  /// Reads the answer to a call.
  package static func read<Call: ClientCall>(
    _ bytes: [UInt8], as call: Call.Type
  ) throws(ClientFailure) -> Call.Answer {
    do {
      return try Call.Answer(decoding: bytes)
    } catch {
      throw .malformedAnswer(Call.method)
    }
  }

  /// The region of the node that this client asks when a request names none; looked up once, so
  /// that every retry of a request has the same body.
  package func region() async throws(ClientFailure) -> String {
    if let region = await onLoop({ self.homeRegion.value }) { return region }
    let node = try await send(API.DescribeNodeRequest()).node
    guard let region = node?.region, !region.isEmpty else {
      throw .malformedAnswer(.describeNode)
    }
    await onLoop { self.homeRegion.value = region }
    return region
  }

  package func close() async {
    await onLoop { self.link.value.close() }
  }

  private func onLoop<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      eventLoop.execute { continuation.resume(returning: body()) }
    }
  }
}
