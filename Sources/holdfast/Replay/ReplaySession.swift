// One replay from set-up to verdict. All of it lives on one event loop; this hands it over and
// waits.

import NIOCore
import ReservationClient
import WireFormat
import Workload

struct ReplaySession: Sendable {
  /// The cluster's regions, and for each the endpoint of a node in it.
  let regions: [String]
  private let homes: [NodeAddress?]
  private let link: NIOLoopBoundBox<ClusterLink>

  /// Learns which node is in which region.
  static func open(
    _ context: ClientContext, _ eventLoop: any EventLoop
  ) async throws -> ReplaySession {
    let client = ReservationClient(
      context.settings, eventLoop: eventLoop, timeout: .seconds(20))
    let cluster = try await client.send(API.DescribeClusterRequest())
    await client.close()
    var regions: [String] = []
    for node in cluster.nodes where !regions.contains(node.region) { regions.append(node.region) }
    guard !regions.isEmpty else { throw ClientFailure.malformedAnswer(.describeCluster) }
    let homes = regions.map { region -> NodeAddress? in
      if let index = context.regions.firstIndex(of: region) { return context.endpoints[index] }
      guard context.tls != nil, let node = cluster.nodes.first(where: { $0.region == region })
      else { return nil }
      return NodeAddress(node.address)
    }
    return ReplaySession(
      regions: regions, homes: homes,
      link: .makeBoxSendingValue(
        ClusterLink(context.settings, eventLoop: eventLoop), eventLoop: eventLoop))
  }

  func play(_ world: ReplayWorld, _ pace: ReplayPace) async throws -> (ReplayReport, Verdict) {
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<(ReplayReport, Verdict), ReplayError>, Never>) in
      link.eventLoop.execute {
        self.setUp(world, pace) { continuation.resume(returning: $0) }
      }
    }
    return try result.get()
  }

  private func setUp(
    _ world: ReplayWorld, _ pace: ReplayPace,
    _ done: @escaping (Result<(ReplayReport, Verdict), ReplayError>) -> Void
  ) {
    ReplaySetup(world, link.value).run { result in
      switch result {
      case .failure(let error): done(.failure(error))
      case .success(let history): self.drive(world, pace, history) { done(.success($0)) }
      }
    }
  }

  private func drive(
    _ world: ReplayWorld, _ pace: ReplayPace, _ history: History,
    _ done: @escaping ((ReplayReport, Verdict)) -> Void
  ) {
    var driver: ReplayDriver?
    driver = ReplayDriver(world, link.value, homes: homes, pace: pace, history: history) {
      guard let driver else { return }
      self.audit(world, driver, done)
    }
    driver?.start()
  }

  private func audit(
    _ world: ReplayWorld, _ driver: ReplayDriver,
    _ done: @escaping ((ReplayReport, Verdict)) -> Void
  ) {
    ReplayAudit(world, link.value, homes: homes, driver.history).run { history, evidence in
      let verdict = Judge.verdict(history, evidence)
      var report = ReplayReport(history, verdict)
      report.lines = driver.lines
      report.cancellationsUnmatched = driver.unmatchedCancellations
      report.seconds = driver.seconds
      report.ordersPerSecond = Double(report.orders) / max(driver.seconds, 0.001)
      report.p50Milliseconds = driver.latencies.milliseconds(perMille: 500)
      report.p99Milliseconds = driver.latencies.milliseconds(perMille: 990)
      self.link.value.close()
      done((report, verdict))
    }
  }
}
