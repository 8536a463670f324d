import GRPCTransport
import NIOCore
import NIOPosix
import Testing

@Suite(.timeLimit(.minutes(1)))
struct UnaryTests {
  @Test func aMessageComesBackAsItWasSent() async throws {
    try await TestServer.with { server in
      let channel = server.channel()
      defer { channel.close() }
      for size in [0, 1, 100, 16_384, 65_536, 1 << 20, 4 << 20] {
        let message = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let reply = try await channel.unary(
          TestMethod.echo.methodPath, message: message, options: .timeout(patience))
        #expect(reply == message, "size \(size)")
      }
    }
  }

  @Test func manyCallsAreInFlightAtOnce() async throws {
    try await TestServer.with { server in
      let channel = server.channel()
      defer { channel.close() }
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for i in 0..<3_000 {
          group.addTask {
            let message = Array("call \(i)".utf8)
            return try await channel.unary(
              TestMethod.echo.methodPath, message: message, options: .timeout(patience)) == message
          }
        }
        for try await same in group { #expect(same) }
      }
    }
  }

  @Test(arguments: StatusCode.allCases.filter { $0 != .ok })
  func trap36_everyStatusArrivesWithItsMessage(code: StatusCode) async throws {
    try await TestServer.with { server in
      let channel = server.channel()
      defer { channel.close() }
      let result = await channel.call(
        TestMethod.fail.methodPath, message: [code.rawValue], options: .timeout(patience))
      #expect(result.status == GRPCStatus(code, "asked for %\n\u{2192} ü"))
      #expect(result.message.isEmpty)
    }
  }

  @Test func statusDetailsPassThrough() async throws {
    try await TestServer.with { server in
      let channel = server.channel()
      defer { channel.close() }
      for size in 0...6 {
        let details = (0..<size).map { UInt8(250 - $0 * 40) }
        let result = await channel.call(
          TestMethod.details.methodPath, message: details, options: .timeout(patience))
        #expect(result.status.code == .failedPrecondition)
        #expect(result.status.details == details)
      }
    }
  }

  @Test func anUnknownMethodIsUnimplemented() async throws {
    try await TestServer.with { server in
      let channel = server.channel()
      defer { channel.close() }
      for path in ["/test.Service/nothing", "/", "/test.Service/ech"] {
        let result = await channel.call(
          MethodPath(path), message: [], options: .timeout(patience))
        #expect(result.status.code == .unimplemented)
      }
    }
  }
}
