import GRPCTransport
import NIOCore
import Testing

/// Descriptors written by hand: two files, one importing the other.
enum TestDescriptors {
  private static func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
    [UInt8(number << 3 | 2), UInt8(bytes.count)] + bytes
  }
  private static func text(_ number: Int, _ text: String) -> [UInt8] {
    field(number, Array(text.utf8))
  }

  static let base: [UInt8] =
    text(1, "base.proto") + text(2, "t.base")
    + field(4, text(1, "Thing") + field(3, text(1, "Inner")))
    + field(5, text(1, "Kind") + field(2, text(1, "KIND_ONE")))
  static let service: [UInt8] =
    text(1, "service.proto") + text(2, "t") + text(3, "base.proto")
    + field(6, text(1, "Stock") + field(2, text(1, "Count")))
    + field(7, text(1, "mark") + text(2, ".t.base.Thing") + [3 << 3, 100])
  static let set: [UInt8] = field(1, base) + field(1, service)
}

@Suite(.timeLimit(.minutes(1)))
struct BuiltInTests {
  private func withServer(
    _ body: (TestServer, GRPCChannel) async throws -> Void
  ) async throws {
    var settings = ServerSettings()
    settings.reflection = TestDescriptors.set
    try await TestServer.with(settings: settings) { server in
      let channel = server.channel()
      defer { channel.close() }
      try await body(server, channel)
    }
  }

  private func text(_ number: UInt8, _ text: String) -> [UInt8] {
    [number << 3 | 2, UInt8(text.utf8.count)] + Array(text.utf8)
  }

  @Test func healthIsCheckedByName() async throws {
    try await withServer { server, channel in
      server.server.health.set("t.Stock", .notServing)
      let cases: [(String, UnaryExpectation)] = [
        ("", .answer([8, 1])), ("t.Stock", .answer([8, 2])), ("t.Nothing", .status(.notFound)),
      ]
      for (name, expected) in cases {
        let result = await channel.call(
          "/grpc.health.v1.Health/Check", message: name.isEmpty ? [] : text(1, name),
          options: .timeout(patience))
        switch expected {
        case .answer(let bytes): #expect(result.message == bytes)
        case .status(let code): #expect(result.status.code == code)
        }
      }
    }
  }

  private enum UnaryExpectation {
    case answer([UInt8])
    case status(StatusCode)
  }

  @Test func healthIsWatchedAndADrainEndsTheWatch() async throws {
    try await withServer { server, channel in
      var seen: [[UInt8]] = []
      do {
        for try await message in channel.serverStream(
          "/grpc.health.v1.Health/Watch", message: text(1, "later"), options: CallOptions())
        {
          seen.append(message)
          switch seen.count {
          case 1: server.server.health.set("later", .serving)
          case 2:
            server.server.health.set("later", .serving)
            server.server.health.set("later", .notServing)
          default: await server.server.drain(grace: patience)
          }
        }
        Issue.record("the watch ended without a status")
      } catch let status as GRPCStatus {
        #expect(status.code == .unavailable)
      }
      #expect(seen == [[8, 3], [8, 1], [8, 2]])
    }
  }

  @Test(arguments: ["v1", "v1alpha"])
  func reflectionAnswersEachQuestion(version: String) async throws {
    try await withServer { _, channel in
      let (base, service) = (TestDescriptors.base, TestDescriptors.service)
      let cases: [([UInt8], [[UInt8]], Bool)] = [
        (text(7, ""), [Array("t.Stock".utf8)], true),
        (text(3, "base.proto"), [base], true),
        (text(3, "service.proto"), [service, base], true),
        (text(4, "t.Stock"), [service, base], true),
        (text(4, "t.Stock.Count"), [service, base], true),
        (text(4, "t.base.Thing.Inner"), [base], true),
        (text(4, "t.base.KIND_ONE"), [base], true),
        ([5 << 3 | 2, 16] + text(1, "t.base.Thing") + [16, 100], [service, base], true),
        (text(6, "t.base.Thing"), [[16, 100]], true),
        (text(3, "nothing.proto"), [Array("not known".utf8)], false),
        (text(4, "t.Nothing"), [Array("not known".utf8)], false),
        ([], [Array("asks for nothing".utf8)], false), ([0xFF], [], false),
      ]
      let path = MethodPath("/grpc.reflection.\(version).ServerReflection/ServerReflectionInfo")
      for (question, parts, _) in cases {
        var answers: [[UInt8]] = []
        for try await answer in channel.serverStream(
          path, message: question, options: .timeout(patience))
        {
          answers.append(answer)
        }
        #expect(answers.count == 1)
        for part in parts {
          #expect(answers[0].contains(part), "\(question)")
        }
      }
    }
  }
}
