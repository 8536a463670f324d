import GRPCTransport
import NIOCore
import NIOPosix
import ReservationClient
import WireFormat

/// A watch of the one SKU of a harness in the region `eu`, on a connection of its own.
struct Watcher {
  private final class Receiver: ClientStreamReceiver {
    let states: AsyncStream<Int64>.Continuation
    let end: AsyncStream<GRPCStatus>.Continuation
    var stream: ClientStream?
    init(_ states: AsyncStream<Int64>.Continuation, _ end: AsyncStream<GRPCStatus>.Continuation) {
      self.states = states
      self.end = end
    }

    func received(_ message: UnsafeRawBufferPointer) {
      let response = try? unsafe API.WatchAvailabilityResponse(decoding: message)
      if let sku = response?.skus.last { states.yield(sku.onHand) }
    }

    func ended(_ status: GRPCStatus, metadata: Metadata) {
      states.finish()
      end.yield(status)
      end.finish()
    }
  }

  private let channel: GRPCChannel
  private let receiver: NIOLoopBoundBox<Receiver>
  private let states: AsyncStream<Int64>
  private let status: AsyncStream<GRPCStatus>

  init(_ port: Int, skus: Int, isPaused: Bool) async throws {
    var settings = ChannelSettings()
    settings.streamWindowBytes = 64 << 10
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    channel = GRPCChannel(
      host: "127.0.0.1", port: port, tls: nil, settings: settings, eventLoop: loop)
    let (states, continuation) = AsyncStream.makeStream(of: Int64.self)
    self.states = states
    let (status, end) = AsyncStream.makeStream(of: GRPCStatus.self)
    self.status = status
    receiver = NIOLoopBoundBox.makeBoxSendingValue(
      Receiver(continuation, end), eventLoop: loop)
    var request = API.WatchAvailabilityRequest()
    request.pool = "p"
    request.region = "eu"
    request.skus = Array(repeating: "s", count: skus)
    let bytes = request.encoded()
    try await loop.submit { [channel, receiver] in
      let stream = channel.stream(
        MethodPath(HoldfastMethod.watchAvailability.path),
        options: CallOptions(deadline: .now() + patience, waitForReady: true),
        receiver: receiver.value)
      receiver.value.stream = stream
      if isPaused { stream.pause() }
      stream.send(bytes)
      stream.halfClose()
      channel.flush()
    }.get()
  }

  /// The units on hand that the next message names.
  func next() async -> Int64? { await states.first { _ in true } }

  /// What the node ended the watch with.
  func end() async -> GRPCStatus? { await status.first { _ in true } }

  func resume() async throws {
    try await channel.eventLoop.submit { [receiver] in receiver.value.stream?.resume() }.get()
  }

  func cancel() async throws {
    try await channel.eventLoop.submit { [receiver] in receiver.value.stream?.cancel() }.get()
    channel.close()
  }
}
