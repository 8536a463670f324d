// The services that the transport answers itself: health and reflection.

import NIOCore

/// One loop's share of the built-in services; its methods have negative numbers.
final class BuiltInServices: CallDispatcher {
  private enum Method: Int, CaseIterable {
    case check = -1
    case watch = -2
    case reflect = -3
    case reflectAlpha = -4

    var path: String {
      switch self {
      case .check: "/grpc.health.v1.Health/Check"
      case .watch: "/grpc.health.v1.Health/Watch"
      case .reflect: "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
      case .reflectAlpha: "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
      }
    }
    var kind: CallKind {
      switch self {
      case .check: .unary
      case .watch: .serverStream
      case .reflect, .reflectAlpha: .bidi
      }
    }
    var isReflection: Bool { self == .reflect || self == .reflectAlpha }
  }

  private struct Watch {
    var call: CallHandle
    var service: String
    var told: HealthService.Status
  }

  static func entries(reflection: Bool) -> [MethodTable.Entry] {
    Method.allCases.filter { reflection || !$0.isReflection }.map {
      MethodTable.Entry(path: Array($0.path.utf8), id: $0.rawValue, kind: $0.kind)
    }
  }

  private let loop: ServerLoop
  private let health: HealthService
  private let reflection: Reflection
  private var watches: [Watch] = []
  private var reflecting: Set<CallHandle> = []

  /// Made on the loop.
  init(loop: ServerLoop, health: HealthService, reflection: Reflection) {
    self.loop = loop
    self.health = health
    self.reflection = reflection
    let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
    let eventLoop = loop.eventLoop
    health.observe { service, status in
      eventLoop.execute { bound.value.changed(service, status) }
    }
  }

  func unary(
    _ call: CallHandle, method: Int, message: UnsafeRawBufferPointer, context: CallContext
  ) {
    let service = unsafe serviceName(message)
    guard let status = health.status(service) else {
      return loop.fail(call, status: GRPCStatus(.notFound, "unknown service"))
    }
    let answer = Self.response(status)
    loop.respond(call, message: answer, range: 0..<answer.count)
  }

  func streamOpened(_ call: CallHandle, method: Int, context: CallContext) {
    if Method(rawValue: method)!.isReflection { reflecting.insert(call) }
  }

  func streamMessage(_ call: CallHandle, method: Int, message: UnsafeRawBufferPointer) {
    if Method(rawValue: method)!.isReflection {
      send(call, reflection.answer(unsafe Array(message)))
      // A client that asks without reading is slowed down.
      if !loop.isWritable(call) { loop.pause(call) }
      return
    }
    let service = unsafe serviceName(message)
    let status = health.status(service) ?? .serviceUnknown
    watches.append(Watch(call: call, service: service, told: status))
    send(call, Self.response(status))
  }

  func streamWritable(_ call: CallHandle, method: Int) { loop.resume(call) }

  func streamHalfClosed(_ call: CallHandle, method: Int) {
    if reflecting.remove(call) != nil { loop.finish(call) }
  }

  func cancelled(_ call: CallHandle, method: Int, reason: CancelReason) {
    watches.removeAll { $0.call == call }
    reflecting.remove(call)
  }

  private func changed(_ service: String, _ status: HealthService.Status) {
    for i in watches.indices where watches[i].service == service && watches[i].told != status {
      watches[i].told = status
      send(watches[i].call, Self.response(status))
    }
    loop.flush()
  }

  /// A drain does not wait for those who only listen.
  func finishStreams() {
    let gone = GRPCStatus(.unavailable, "server is going away")
    for watch in watches { loop.finish(watch.call, status: gone) }
    for call in reflecting { loop.finish(call, status: gone) }
    watches = []
    reflecting = []
  }

  private func send(_ call: CallHandle, _ message: [UInt8]) {
    unsafe message.withUnsafeBytes { _ = unsafe loop.send(call, message: $0) }
  }

  private func serviceName(_ message: UnsafeRawBufferPointer) -> String {
    let bytes = unsafe Array(message)
    return ProtoReader(bytes[...]).first { $0.number == 1 }?.text ?? ""
  }

  private static func response(_ status: HealthService.Status) -> [UInt8] {
    var response = ProtoWriter()
    response.add(1, varint: UInt64(status.rawValue))
    return response.bytes
  }
}
