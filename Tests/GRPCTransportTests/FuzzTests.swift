import GRPCTransport
import NIOCore
import NIOPosix
import Primitives
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// Mutated HTTP/2 byte streams against a connection without a socket. `HOLDFAST_FUZZ_CASES` makes
/// the run longer.
@Suite(.timeLimit(.minutes(5)))
struct FuzzTests {
  private static var cases: Int {
    unsafe getenv("HOLDFAST_FUZZ_CASES").flatMap { Int(unsafe String(cString: $0)) } ?? 400
  }

  /// A conversation that touches every kind of frame and call.
  private static func seed(_ random: inout SeededRandom) -> [[UInt8]] {
    var pieces: [[UInt8]] = [
      preface, Frame(Frame.settings, [0, 4] + bigEndian(UInt32(random.next() % 100_000))).bytes,
      Frame(Frame.settings, flags: 1).bytes,
    ]
    let methods = TestMethod.allCases.filter { $0 != .never }
    for i in 0..<Int(2 + random.next() % 8) {
      let stream = UInt32(2 * i + 1)
      let method = methods[Int(random.next() % UInt64(methods.count))]
      let extra = random.next() % 2 == 0 ? [("grpc-timeout", "1S"), ("k-bin", "AAA")] : []
      pieces.append(
        Frame(Frame.headers, flags: 4, stream: stream, requestBlock(method.path, extra: extra))
          .bytes)
      let size = Int(random.next() % 300)
      let body = framed((0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) })
      let cut = Int(random.next() % UInt64(body.count))
      pieces.append(Frame(Frame.data, stream: stream, Array(body[..<cut])).bytes)
      pieces.append(Frame(Frame.data, flags: 1, stream: stream, Array(body[cut...])).bytes)
      if random.next() % 4 == 0 {
        pieces.append(Frame(Frame.reset, stream: stream, bigEndian(8)).bytes)
      }
      if random.next() % 4 == 0 {
        pieces.append(Frame(Frame.windowUpdate, stream: stream, bigEndian(1_000)).bytes)
      }
    }
    return pieces
  }

  private static func mutate(_ pieces: [[UInt8]], _ random: inout SeededRandom) -> [[UInt8]] {
    var pieces = pieces
    for _ in 0..<Int(random.next() % 6) {
      let i = Int(random.next() % UInt64(pieces.count))
      switch random.next() % 7 {
      case 0: pieces.remove(at: i)
      case 1: pieces.insert(pieces[i], at: Int(random.next() % UInt64(pieces.count)))
      case 2: pieces.swapAt(i, Int(random.next() % UInt64(pieces.count)))
      case 3 where !pieces[i].isEmpty:
        pieces[i].removeLast(Int(random.next() % UInt64(pieces[i].count)))
      case 4: pieces[i].append(UInt8(truncatingIfNeeded: random.next()))
      default:
        guard !pieces[i].isEmpty else { break }
        let at = Int(random.next() % UInt64(pieces[i].count))
        pieces[i][at] ^= UInt8(1) << UInt8(random.next() % 8)
      }
      if pieces.isEmpty { break }
    }
    return pieces
  }

  @Test func anyBytesLeaveAConnectionInADefinedState() async throws {
    let cases = Self.cases
    // A loop of its own: the other tests' loops are not to wait for it.
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop = group.next()
    let answered = try await loop.submit {
      var answered = 0
      for seed in 0..<cases {
        var random = SeededRandom(seed: UInt64(seed))
        let bytes = Self.mutate(Self.seed(&random), &random).flatMap { $0 }
        answered += Self.run(bytes, on: loop, &random)
      }
      return answered
    }.get()
    try await group.shutdownGracefully()
    // Mutations are few enough that most conversations still get answers.
    #expect(answered > cases / 4)
  }

  /// Feeds the bytes in random cuts; returns 1 when anything but the greeting came back.
  private static func run(
    _ bytes: [UInt8], on loop: any EventLoop, _ random: inout SeededRandom
  ) -> Int {
    let connection = InMemoryConnection(
      settings: ServerSettings(), methods: TestMethod.table, eventLoop: loop
    ) { TestDispatcher($0, Journal()) }
    var output = 0
    var position = 0
    while position < bytes.count, !connection.isFinished {
      let end = min(bytes.count, position + 1 + Int(random.next() % 400))
      output += connection.receive(Array(bytes[position..<end])).count
      position = end
    }
    // Ended by itself, or open and within its bounds.
    #expect(connection.openCalls <= 1_024)
    #expect(output < 16 << 20)
    connection.close()
    #expect(connection.openCalls == 0)
    return output > 100 ? 1 : 0
  }

  /// A server that answers with anything leaves the client with a status, never without.
  @Test func anyAnswerEndsInAStatus() async throws {
    let good =
      Frame(
        Frame.headers, flags: 4, stream: 1,
        headerBlock([(":status", "200"), ("content-type", "application/grpc")])
      ).bytes + Frame(Frame.data, stream: 1, framed([1, 2, 3])).bytes
      + Frame(Frame.headers, flags: 5, stream: 1, headerBlock([("grpc-status", "0")])).bytes
    var statuses: Set<StatusCode> = []
    for seed in 0..<min(60, Self.cases) {
      var random = SeededRandom(seed: UInt64(seed))
      let bytes = Self.mutate([good, good], &random).flatMap { $0 }
      let server = try await DeafServer.start(saying: bytes)
      let channel = GRPCChannel(
        host: "127.0.0.1", port: server.port, tls: nil, eventLoop: anyLoop())
      let result = await channel.call(
        TestMethod.echo.methodPath, message: [1], options: .timeout(.milliseconds(100)))
      statuses.insert(result.status.code)
      if result.status.code == .ok { #expect(!result.message.isEmpty) }
      channel.close()
      await server.stop()
    }
    #expect(statuses.count > 1)
  }
}
