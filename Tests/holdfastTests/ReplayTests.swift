import GRPCTransport
import NIOCore
import NIOPosix
import ReservationClient
import Testing
import WireFormat
import Workload

@testable import holdfast

/// Replays a small made-up file against the fake shop.
private func replay(_ fault: PlantedFault) async throws -> (ReplayReport, Verdict) {
  let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  defer { group.shutdownGracefully { _ in } }
  let methods = HoldfastMethod.allCases.filter { $0.kind == .unary }.map {
    MethodDescription(path: $0.path, id: $0.rawValue, kind: .unary)
  }
  let server = GRPCServer(
    settings: ServerSettings(), methods: MethodTable(methods), group: group
  ) { FakeShop($0, fault) }
  let address = try await server.listen(host: "127.0.0.1", port: 0, tls: nil)
  let endpoint = NodeAddress(host: "127.0.0.1", port: address.port ?? 0)
  let context = ClientContext(
    endpoints: [endpoint, endpoint, endpoint], regions: ["eu", "us", "ap"], tls: nil)

  var synthetic = SyntheticRetail()
  synthetic.orders = 60
  synthetic.skus = 40
  var file = RetailFile()
  try file.read(synthetic.csv())
  let session = try await ReplaySession.open(context, group.next())
  let plan = ReplayPlan(file, regions: session.regions)
  return try await session.play(ReplayWorld(run: "test", plan: plan), ReplayPace())
}

@Suite struct ReplayTests {
  /// Trap 10: the retry of a call whose answer was lost acts once.
  @Test(arguments: [PlantedFault.none, .lostAnswers])
  func aRightClusterPassesTheAudit(fault: PlantedFault) async throws {
    let (report, verdict) = try await replay(fault)
    #expect(report.auditHolds, "\(verdict)")
    #expect(report.orders == 60)
    #expect(report.reservedUnits > 0 && report.refusedUnits > 0)
    #expect(report.unknownOutcomes == 0)
  }

  @Test func unitsPromisedTwiceAreFound() async throws {
    let (report, _) = try await replay(.oversells)
    #expect(report.oversoldUnits > 0)
    #expect(!report.auditHolds)
  }

  @Test func requestsThatActTwiceAreFound() async throws {
    let (report, _) = try await replay(.actsTwice)
    #expect(report.duplicateEffects > 0)
  }

  @Test func acknowledgedOrdersThatAreGoneAreFound() async throws {
    let (report, _) = try await replay(.forgets)
    #expect(report.lostAcknowledged == 1)
  }
}
