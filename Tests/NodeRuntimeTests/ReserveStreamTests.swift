import GRPCTransport
import NIOCore
import NodeCore
import NodeRuntime
import ReservationClient
import Testing
import WireFormat

@Suite(.timeLimit(.minutes(1)))
struct ReserveStreamTests {
  /// More than a stream may have under way, in one go: what waited in the server is decided when
  /// the first answers are out, although nothing more comes from the socket.
  @Test func ruleQ3_whatWaitedBehindAFullStreamIsDecidedToo() async throws {
    try await NodeHarness.with { node in
      try await node.stock(units: 10_000)
      let count = 3_000
      let messages = (1...count).map { request(number: $0) }
      let taker = StreamTaker()
      let ended = try await taker.run(on: node.channel, messages, halfClose: true)
      #expect(ended.status.code == .ok)
      #expect(ended.messages == count)
    }
  }

  /// The answers of a cancelled stream go nowhere, the refused ones too; the node lives on.
  @Test func trap37_refusalsAfterACancelHarmNobody() async throws {
    try await NodeHarness.with({ $0.core.mailboxCommandsMax = 1 }) { node in
      try await node.stock(units: 10)
      let messages = (1...200).map { request(number: $0) }
      for _ in 0..<10 {
        let ended = try await StreamTaker().run(
          on: node.channel, messages, halfClose: false, cancel: true)
        #expect(ended.status.code == .cancelled)
      }
      let answer = try await node.client.send(API.DescribeNodeRequest())
      #expect(answer.node?.id == 1)
    }
  }

  private func request(number: Int) -> [UInt8] {
    var message = API.StreamReserveRequest()
    message.request = API.ReserveRequest(
      pool: "p", region: "eu", orderID: "o\(number)",
      lines: [API.ReserveLine(sku: "s", quantity: 1)])
    return message.encoded()
  }
}

/// Sends a stream's messages at once and waits for its end.
final class StreamTaker: ClientStreamReceiver {
  struct End: Sendable {
    var status: GRPCStatus
    var messages: Int
  }

  private var messages = 0
  private var promise: EventLoopPromise<End>?

  func run(
    on channel: GRPCChannel, _ messages: [[UInt8]], halfClose: Bool, cancel: Bool = false
  ) async throws -> End {
    let bound = NIOLoopBoundBox.makeBoxSendingValue(StreamTaker(), eventLoop: channel.eventLoop)
    return try await channel.eventLoop.flatSubmit {
      let taker = bound.value
      let promise = channel.eventLoop.makePromise(of: End.self)
      taker.promise = promise
      let stream = channel.stream(
        MethodPath(HoldfastMethod.streamReserve.path),
        options: CallOptions(deadline: .now() + patience, waitForReady: true), receiver: taker)
      for message in messages { stream.send(message) }
      if halfClose { stream.halfClose() }
      channel.flush()
      if cancel {
        let stream = NIOLoopBound(stream, eventLoop: channel.eventLoop)
        channel.eventLoop.execute { stream.value.cancel() }
      }
      return promise.futureResult
    }.get()
  }

  func received(_ message: UnsafeRawBufferPointer) { messages += 1 }

  func ended(_ status: GRPCStatus, metadata: Metadata) {
    promise?.succeed(End(status: status, messages: messages))
    promise = nil
  }
}
