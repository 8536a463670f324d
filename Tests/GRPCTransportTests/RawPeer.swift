// A client made of bare frames, for what a well-behaved client would never send.

import CNghttp2
import GRPCTransport
import NIOCore
import NIOPosix

func anyLoop() -> any EventLoop { MultiThreadedEventLoopGroup.singleton.next() }

struct Frame: Sendable {
  var type: UInt8
  var flags: UInt8
  var stream: UInt32
  var payload: [UInt8]

  static let data: UInt8 = 0
  static let headers: UInt8 = 1
  static let reset: UInt8 = 3
  static let settings: UInt8 = 4
  static let ping: UInt8 = 6
  static let goaway: UInt8 = 7
  static let windowUpdate: UInt8 = 8
  static let continuation: UInt8 = 9

  init(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) {
    self.type = type
    self.flags = flags
    self.stream = stream
    self.payload = payload
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = Array(bigEndian(UInt32(payload.count)).dropFirst())
    bytes.append(type)
    bytes.append(flags)
    bytes += bigEndian(stream)
    bytes += payload
    return bytes
  }

  var errorCode: UInt32 {
    let at = type == Frame.goaway ? 4 : 0
    return payload[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) }
  }
}

/// Header blocks of plain literals.
func headerBlock(_ pairs: [(String, String)]) -> [UInt8] {
  var bytes: [UInt8] = []
  for (name, value) in pairs {
    bytes.append(0x00)
    bytes += hpackLength(name.utf8.count)
    bytes += Array(name.utf8)
    bytes += hpackLength(value.utf8.count)
    bytes += Array(value.utf8)
  }
  return bytes
}

private func hpackLength(_ n: Int) -> [UInt8] {
  if n < 127 { return [UInt8(n)] }
  var bytes: [UInt8] = [127]
  var rest = n - 127
  while rest >= 128 {
    bytes.append(UInt8(rest & 127 | 128))
    rest >>= 7
  }
  return bytes + [UInt8(rest)]
}

func requestBlock(
  _ path: String, method: String = "POST", contentType: String = "application/grpc",
  extra: [(String, String)] = []
) -> [UInt8] {
  headerBlock(
    [
      (":method", method), (":scheme", "http"), (":path", path), (":authority", "x"),
      ("content-type", contentType), ("te", "trailers"),
    ] + extra)
}

func framed(_ message: [UInt8], compressed: Bool = false) -> [UInt8] {
  [compressed ? 1 : 0] + bigEndian(UInt32(message.count)) + message
}

func bigEndian(_ n: UInt32) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: n >> UInt32($0)) }
}

let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

/// What came back on one stream.
struct RawAnswer {
  var httpStatus: String?
  var status: String?
  var message: String?
  var headers: [(String, String)] = []
  var headerBlocks = 0
  var data: [UInt8] = []
  var resetCode: UInt32?
}

/// One raw connection.
actor RawPeer {
  private let channel: any Channel
  private let frames: AsyncStream<Frame>
  private let inflater = Inflater()

  static func connect(port: Int, greet: Bool = true) async throws -> RawPeer {
    let (stream, continuation) = AsyncStream.makeStream(of: Frame.self)
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(FrameReader(continuation))
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
    let peer = RawPeer(channel, stream)
    if greet { await peer.send(preface + Frame(Frame.settings).bytes) }
    return peer
  }

  private init(_ channel: any Channel, _ stream: AsyncStream<Frame>) {
    self.channel = channel
    frames = stream
  }

  /// Errors of writing are not the point: the end shows in `next`.
  func send(_ bytes: [UInt8]) {
    channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
  }

  /// Waits until the bytes are in the kernel or the connection is gone.
  func sendAll(_ bytes: [UInt8]) async -> Bool {
    (try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()) != nil
  }

  func open(
    stream: UInt32, path: String, extra: [(String, String)] = [], message: [UInt8]? = nil,
    end: Bool = true
  ) {
    var bytes = Frame(
      Frame.headers, flags: message == nil && end ? 5 : 4, stream: stream,
      requestBlock(path, extra: extra)
    ).bytes
    if let message {
      bytes += Frame(Frame.data, flags: end ? 1 : 0, stream: stream, framed(message)).bytes
    }
    send(bytes)
  }

  /// The next frame; nil when the connection is closed.
  func next() async -> Frame? { await frames.first { _ in true } }

  func next(_ type: UInt8) async -> Frame? {
    while let frame = await next() { if frame.type == type { return frame } }
    return nil
  }

  /// Reads until the stream ends, is reset, or the connection closes.
  func answer(stream: UInt32) async -> RawAnswer {
    var answer = RawAnswer()
    while let frame = await next() {
      if frame.type == Frame.headers {
        let pairs = inflater.inflate(frame.payload)
        guard frame.stream == stream else { continue }
        answer.headerBlocks += 1
        answer.headers += pairs
      }
      guard frame.stream == stream else { continue }
      if frame.type == Frame.data { answer.data += frame.payload }
      if frame.type == Frame.reset {
        answer.resetCode = frame.errorCode
        break
      }
      if frame.type != Frame.windowUpdate, frame.flags & 1 != 0 { break }
    }
    answer.httpStatus = answer.headers.first { $0.0 == ":status" }?.1
    answer.status = answer.headers.first { $0.0 == "grpc-status" }?.1
    answer.message = answer.headers.first { $0.0 == "grpc-message" }?.1
    return answer
  }

  /// Reads until the server closes; the GOAWAY on the way, if there was one.
  func goodbye() async -> Frame? {
    var last: Frame?
    while let frame = await next() { if frame.type == Frame.goaway { last = frame } }
    return last
  }

  func close() { channel.close(promise: nil) }
}

/// Cuts what arrives into frames.
private final class FrameReader: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let frames: AsyncStream<Frame>.Continuation
  private var buffer = ByteBuffer()

  init(_ frames: AsyncStream<Frame>.Continuation) { self.frames = frames }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = Self.unwrapInboundIn(data)
    buffer.writeBuffer(&bytes)
    while buffer.readableBytes >= 9 {
      let at = buffer.readerIndex
      let high = Int(buffer.getInteger(at: at, as: UInt8.self)!)
      let low = Int(buffer.getInteger(at: at + 1, as: UInt16.self)!)
      let length = high << 16 | low
      guard buffer.readableBytes >= 9 + length else { break }
      let frame = Frame(
        buffer.getInteger(at: at + 3)!, flags: buffer.getInteger(at: at + 4)!,
        stream: buffer.getInteger(at: at + 5, as: UInt32.self)!,
        buffer.getBytes(at: at + 9, length: length)!)
      buffer.moveReaderIndex(forwardBy: 9 + length)
      frames.yield(frame)
    }
  }

  func channelInactive(context: ChannelHandlerContext) { frames.finish() }
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}

/// Reads the server's header blocks.
@safe private final class Inflater {
  private var inflater: OpaquePointer?

  init() {
    unsafe inflater = nil
    unsafe nghttp2_hd_inflate_new(&inflater)
  }
  deinit { unsafe nghttp2_hd_inflate_del(inflater) }

  func inflate(_ block: [UInt8]) -> [(String, String)] {
    var pairs: [(String, String)] = []
    unsafe block.withUnsafeBufferPointer { bytes in
      var position = 0
      while true {
        var pair = unsafe nghttp2_nv()
        var flags: Int32 = 0
        let n = unsafe nghttp2_hd_inflate_hd2(
          inflater, &pair, &flags, bytes.baseAddress! + position, bytes.count - position, 1)
        guard n >= 0 else { break }
        position += n
        if flags & Int32(NGHTTP2_HD_INFLATE_EMIT.rawValue) != 0 {
          let name = unsafe UnsafeBufferPointer(start: pair.name, count: pair.namelen)
          let value = unsafe UnsafeBufferPointer(start: pair.value, count: pair.valuelen)
          pairs.append(
            unsafe (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        if flags & Int32(NGHTTP2_HD_INFLATE_FINAL.rawValue) != 0 {
          unsafe nghttp2_hd_inflate_end_headers(inflater)
          break
        }
        if n == 0, flags == 0 { break }
      }
    }
    return pairs
  }
}
