// A server with scripted methods, and channels to it, on real loopback sockets.

import GRPCTransport
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

enum TestMethod: Int, CaseIterable {
  case echo, fail, never, details, collect, count, chat, pausing, flood, whoami, metadata

  var path: String { "/test.Service/\(self)" }
  var kind: CallKind {
    switch self {
    case .echo, .fail, .never, .details, .whoami, .metadata: .unary
    case .collect: .clientStream
    case .count, .flood: .serverStream
    case .chat, .pausing: .bidi
    }
  }
  static var table: MethodTable {
    MethodTable(
      allCases.map { MethodDescription(path: $0.path, id: $0.rawValue, kind: $0.kind) })
  }
}

/// The scripted dispatcher. It runs on one loop; what tests look at goes through `journal`.
final class TestDispatcher: CallDispatcher {
  let loop: ServerLoop
  let journal: Journal
  private var collected: [CallHandle: [UInt8]] = [:]
  private var flooding: [CallHandle: Int] = [:]

  init(_ loop: ServerLoop, _ journal: Journal) {
    self.loop = loop
    self.journal = journal
  }

  func unary(
    _ call: CallHandle, method: Int, message: UnsafeRawBufferPointer, context: CallContext
  ) {
    switch TestMethod(rawValue: method)! {
    case .echo: unsafe loop.respond(call, message: message)
    case .fail:
      let code = StatusCode(rawValue: unsafe message.first ?? 2) ?? .unknown
      loop.fail(call, status: GRPCStatus(code, "asked for %\n\u{2192} ü"))
    case .details:
      loop.fail(
        call, status: GRPCStatus(.failedPrecondition, "no", details: unsafe Array(message)))
    case .never: journal.add(.held(call))
    case .whoami:
      let text = Array(context.peerURIs.joined(separator: ",").utf8)
      loop.respond(call, message: text, range: 0..<text.count)
    case .metadata:
      let all = context.allMetadata
      let text = all.pairs.map { "\($0.key)=\($0.value)" }.joined(separator: ";")
      let bytes = Array(text.utf8)
      loop.respond(call, message: bytes, range: 0..<bytes.count)
    default: preconditionFailure("method \(method) is not unary")
    }
  }

  func streamOpened(_ call: CallHandle, method: Int, context: CallContext) {
    collected[call] = []
    if TestMethod(rawValue: method) == .pausing {
      loop.pause(call)
      journal.add(.held(call))
    }
  }

  func streamMessage(_ call: CallHandle, method: Int, message: UnsafeRawBufferPointer) {
    switch TestMethod(rawValue: method)! {
    case .collect, .pausing: unsafe collected[call]! += Array(message)
    case .chat: unsafe loop.send(call, message: message)
    case .count:
      for i in 0..<(unsafe message.first ?? 0) {
        unsafe withUnsafeBytes(of: i) { _ = unsafe loop.send(call, message: $0) }
      }
      loop.finish(call)
    case .flood:
      flooding[call] = Int(unsafe message.first ?? 0)
      pour(call)
    default: preconditionFailure("method \(method) is unary")
    }
  }

  /// Sends 64 KiB messages as long as the stream takes them.
  private func pour(_ call: CallHandle) {
    let block = [UInt8](repeating: 7, count: 64 << 10)
    while let left = flooding[call], left > 0, loop.isWritable(call) {
      unsafe block.withUnsafeBytes { _ = unsafe loop.send(call, message: $0) }
      flooding[call] = left - 1
    }
    guard let left = flooding[call] else { return }
    journal.add(.poured(left))
    if left == 0 {
      flooding[call] = nil
      loop.finish(call)
    }
  }

  func streamWritable(_ call: CallHandle, method: Int) { pour(call) }

  func streamHalfClosed(_ call: CallHandle, method: Int) {
    switch TestMethod(rawValue: method)! {
    case .collect, .pausing:
      let all = collected.removeValue(forKey: call) ?? []
      loop.respond(call, message: all, range: 0..<all.count)
    case .chat: loop.finish(call)
    default: break
    }
  }

  func cancelled(_ call: CallHandle, method: Int, reason: CancelReason) {
    collected[call] = nil
    flooding[call] = nil
    journal.add(.cancelled(call, reason))
  }

  func burstEnded() { loop.flush() }
}

/// What happened on the server, awaited instead of slept for.
final class Journal: Sendable {
  enum Event: Sendable {
    case held(CallHandle)
    case cancelled(CallHandle, CancelReason)
    case poured(Int)
  }
  let events: AsyncStream<Event>
  private let continuation: AsyncStream<Event>.Continuation
  init() { (events, continuation) = AsyncStream.makeStream() }
  func add(_ event: Event) { continuation.yield(event) }
  func finish() { continuation.finish() }

  func nextHeld() async -> CallHandle? {
    for await event in events { if case .held(let call) = event { return call } }
    return nil
  }
  func nextCancelled() async -> CancelReason? {
    for await event in events { if case .cancelled(_, let reason) = event { return reason } }
    return nil
  }
}

/// A running server for one test.
struct TestServer {
  let server: GRPCServer
  let journal: Journal
  let port: Int
  let loop: LoopBox

  /// Runs `body` against a fresh server and takes everything down afterwards.
  @discardableResult
  static func with<T: Sendable>(
    settings: ServerSettings = ServerSettings(), tls: ServerTLS? = nil,
    _ body: (TestServer) async throws -> T
  ) async throws -> T {
    let journal = Journal()
    let loop = LoopBox()
    let server = GRPCServer(
      settings: settings, methods: TestMethod.table,
      group: MultiThreadedEventLoopGroup.singleton.next()
    ) {
      loop.set($0)
      return TestDispatcher($0, journal)
    }
    let address = try await server.listen(host: "127.0.0.1", port: 0, tls: tls)
    let running = TestServer(server: server, journal: journal, port: address.port!, loop: loop)
    do {
      let result = try await body(running)
      await server.drain(grace: .milliseconds(50))
      return result
    } catch {
      await server.drain(grace: .milliseconds(50))
      throw error
    }
  }

  func channel(
    tls: ClientTLS? = nil, settings: ChannelSettings = ChannelSettings(), host: String = "127.0.0.1"
  ) -> GRPCChannel {
    GRPCChannel(
      host: host, port: port, tls: tls, settings: settings,
      eventLoop: MultiThreadedEventLoopGroup.singleton.next())
  }
}

/// Reaches the server's loop from a test.
final class LoopBox: Sendable {
  private let box = NIOLockedValueBox<NIOLoopBound<ServerLoop>?>(nil)
  func set(_ loop: ServerLoop) {
    box.withLockedValue { $0 = NIOLoopBound(loop, eventLoop: loop.eventLoop) }
  }

  /// Runs `body` on the server's loop.
  func run<T: Sendable>(_ body: @escaping @Sendable (ServerLoop) -> T) async throws -> T {
    let bound = box.withLockedValue { $0! }
    return try await bound.eventLoop.submit { body(bound.value) }.get()
  }
}

extension TestMethod {
  var methodPath: MethodPath { MethodPath(path) }
}

/// Enough for any loaded machine, and a bound all the same.
let patience = TimeAmount.seconds(20)
