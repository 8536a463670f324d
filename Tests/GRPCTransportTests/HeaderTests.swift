import GRPCTransport
import NIOCore
import Testing

/// Sends one request over a raw connection and reads the answer.
func ask(
  _ server: TestServer, _ block: [UInt8], body: [UInt8]? = framed([1])
) async throws -> RawAnswer {
  let peer = try await RawPeer.connect(port: server.port)
  var bytes = Frame(Frame.headers, flags: body == nil ? 5 : 4, stream: 1, block).bytes
  if let body { bytes += dataFrames(stream: 1, body) }
  await peer.send(bytes)
  let answer = await peer.answer(stream: 1)
  await peer.close()
  return answer
}

/// A whole body in frames that any server takes.
func dataFrames(stream: UInt32, _ body: [UInt8]) -> [UInt8] {
  var bytes: [UInt8] = []
  var position = 0
  repeat {
    let end = min(position + 16_384, body.count)
    let flags: UInt8 = end == body.count ? 1 : 0
    bytes += Frame(Frame.data, flags: flags, stream: stream, Array(body[position..<end])).bytes
    position = end
  } while position < body.count
  return bytes
}

@Suite(.timeLimit(.minutes(1)))
struct HeaderTests {
  @Test func trap36_aMessageComesWithTrailersAndAStatusAloneIsTrailersOnly() async throws {
    try await TestServer.with { server in
      let full = try await ask(server, requestBlock(TestMethod.echo.path), body: framed([1, 2]))
      #expect(full.headerBlocks == 2)
      #expect(full.httpStatus == "200")
      #expect(full.data == framed([1, 2]))
      #expect(full.status == "0")

      let bare = try await ask(server, requestBlock(TestMethod.fail.path), body: framed([5]))
      #expect(bare.headerBlocks == 1)
      #expect(bare.data.isEmpty)
      #expect(bare.httpStatus == "200")
      #expect(bare.status == "5")
      #expect(bare.message == "asked for %25%0A%E2%86%92 %C3%BC")
    }
  }

  @Test(arguments: [
    ("application/grpc", "200"), ("application/grpc+proto", "200"),
    ("application/grpc;charset=utf-8", "200"), ("application/grpc+json", "415"),
    ("application/json", "415"), ("application/grpcx", "415"), ("text/plain", "415"),
  ])
  func contentTypesAreChecked(type: String, expected: String) async throws {
    try await TestServer.with { server in
      let answer = try await ask(server, requestBlock(TestMethod.echo.path, contentType: type))
      #expect(answer.httpStatus == expected)
    }
  }

  @Test(arguments: ["GET", "PUT", "HEAD"])
  func onlyPostIsTaken(method: String) async throws {
    try await TestServer.with { server in
      let answer = try await ask(
        server, requestBlock(TestMethod.echo.path, method: method), body: nil)
      #expect(answer.httpStatus == "405")
    }
  }

  @Test func brokenRequestHeadersAreNamed() async throws {
    try await TestServer.with { server in
      let cases: [([(String, String)], String)] = [
        ([("grpc-timeout", "soon")], "3"), ([("grpc-encoding", "br")], "12"),
        ([("grpc-encoding", "identity")], "0"),
        ([("x-big", String(repeating: "a", count: 17_000))], "8"),
      ]
      for (extra, status) in cases {
        let peer = try await RawPeer.connect(port: server.port)
        let block = requestBlock(TestMethod.echo.path, extra: extra)
        let cut = min(block.count, 16_000)
        var bytes = Frame(
          Frame.headers, flags: cut == block.count ? 4 : 0, stream: 1, Array(block[0..<cut])
        ).bytes
        if cut < block.count {
          bytes += Frame(Frame.continuation, flags: 4, stream: 1, Array(block[cut...])).bytes
        }
        await peer.send(bytes + Frame(Frame.data, flags: 1, stream: 1, framed([1])).bytes)
        let answer = await peer.answer(stream: 1)
        #expect(answer.status == status, "\(extra.map(\.0))")
        await peer.close()
      }
    }
  }

  @Test func metadataArrivesWithBinaryValuesDecoded() async throws {
    try await TestServer.with { server in
      let channel = server.channel()
      defer { channel.close() }
      var metadata = Metadata([("x-text", "plain"), ("X-Upper", "lower")])
      metadata.add("x-bytes-bin", [0, 255, 7])
      let reply = try await channel.unary(
        TestMethod.metadata.methodPath, message: [], options: .timeout(patience, metadata: metadata)
      )
      let text = String(decoding: reply, as: UTF8.self)
      #expect(text.contains("x-text=\(Array("plain".utf8))"))
      #expect(text.contains("x-upper=\(Array("lower".utf8))"))
      #expect(text.contains("x-bytes-bin=[0, 255, 7]"))

      // Padding is optional, and several values may come joined.
      for value in ["AP8H", "AP8HAA==", "AP8HAA"] {
        let answer = try await ask(
          server, requestBlock(TestMethod.metadata.path, extra: [("k-bin", value + ",AQ")]))
        let text = String(decoding: answer.data.dropFirst(5), as: UTF8.self)
        #expect(text.contains("k-bin=[0, 255, 7"))
        #expect(text.contains("k-bin=[1]"))
      }
    }
  }

  @Test(arguments: [
    ("plain", "plain"), ("a%b", "a%25b"), ("\n", "%0A"), ("ü", "%C3%BC"), ("~ \u{7F}", "~ %7F"),
    ("", ""),
  ])
  func trap36_messagesArePercentEncoded(text: String, wire: String) {
    #expect(PercentCoding.encode(text) == Array(wire.utf8))
    #expect(PercentCoding.decode(Array(wire.utf8)) == text)
  }

  @Test(arguments: [
    ("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("%41%", "A%"), ("100% sure", "100% sure"),
  ])
  func brokenEscapesStayAsTheyAre(wire: String, text: String) {
    #expect(PercentCoding.decode(Array(wire.utf8)) == text)
  }

  @Test func base64IsReadAsItIsWritten() {
    for size in 0..<40 {
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 77) }
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
    for broken in ["A", "AB=C", "A===", "AAAA=", "A\u{e9}AA", "AB=", "AA A"] {
      #expect(Base64.decode(Array(broken.utf8)) == nil, "\(broken)")
    }
    #expect(Base64.decode(Array("AA==".utf8)) == [0])
  }
}
