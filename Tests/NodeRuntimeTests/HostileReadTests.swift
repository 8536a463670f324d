import GRPCTransport
import NIOCore
import ReservationClient
import Testing
import WireFormat

@testable import NodeRuntime

@Suite(.timeLimit(.minutes(1)))
struct HostileReadTests {
  /// There is no reservation behind the last number that there is; asking for it is no reason to end.
  @Test func aPageBehindTheLastNumberIsRefused() async throws {
    #expect(try pageStart("") == 0)
    #expect(try pageStart("\(UInt64.max - 1)") == .max - 1)
    for token in ["\(UInt64.max)", "18446744073709551616", "-1", "x"] {
      #expect(throws: RequestRefusal.self) { try pageStart(token) }
    }
    try await NodeHarness.with { node in
      try await node.stock(units: 1)
      for token in ["\(UInt64.max)", "\(UInt64.max - 1)"] {
        var request = API.ListReservationsRequest()
        request.pool = "p"
        request.region = "eu"
        request.pageToken = token
        _ = try? await node.client.send(request)
      }
      let answer = try await node.client.send(API.DescribeNodeRequest())
      #expect(answer.node?.id == 1)
    }
  }
}
