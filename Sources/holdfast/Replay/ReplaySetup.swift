// Puts catalog and supply of a replay into the cluster, and waits until its shards know them.

import GRPCTransport
import NIOCore
import Primitives
import ReservationClient
import WireFormat
import Workload

/// The cluster did not take what a replay needs.
struct ReplayError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// The supply as it was sent, one row a call's line; on one loop.
final class ReplaySetup {
  private let world: ReplayWorld
  private let link: ClusterLink
  private var stamps = RequestStamps()
  private var progress = Progress()
  private var failure: ReplayError?
  private(set) var history = History()

  /// Calls under way: a node takes them all as one entry.
  private static let width = 512
  private static let rowsPerCall = 500
  private static let timeout = TimeAmount.seconds(60)

  init(_ world: ReplayWorld, _ link: ClusterLink) {
    self.world = world
    self.link = link
  }

  func run(_ completion: @escaping (Result<History, ReplayError>) -> Void) {
    let supply = world.plan.supply
    let locations = world.locations
    step("locations", locations.count, { self.putLocation(locations[$0], $1) }) {
      self.step("pool", 1, { _, done in self.putPool(done) }) {
        self.step("SKUs", self.world.plan.skus.count, self.putSku) {
          self.step("accounts", supply.count, { self.putAccount(supply[$0], $1) }) {
            self.syncAll {
              completion(self.failure.map { .failure($0) } ?? .success(self.history))
            }
          }
        }
      }
    }
  }

  /// Makes `total` calls; goes on with `next` also after a failure, which skips what is left.
  private func step(
    _ what: String, _ total: Int, _ call: @escaping (Int, @escaping () -> Void) -> Void,
    _ next: @escaping () -> Void
  ) {
    guard failure == nil else { return next() }
    let window = CallWindow(eventLoop: link.eventLoop, total: total) { number, done in
      guard self.failure == nil else { return done() }
      self.progress.report("setting up: \(number) of \(total) \(what)")
      call(number, done)
    } completion: {
      next()
    }
    window.start(width: Self.width)
  }

  // MARK: Catalog

  private func stamp() -> RequestStamp { stamps.next(now: wallMilliseconds()) }

  private func put(_ request: some StampedCall, _ done: @escaping () -> Void) {
    link.call(request.stamped(stamp()), route: .catalog, timeout: Self.timeout) { ending in
      switch ending {
      case .answered: break
      case .refused(let failure), .unknown(let failure), .unreachable(let failure):
        self.failure = self.failure ?? ReplayError("the catalog did not take it: \(failure)")
      }
      done()
    }
  }

  private func putLocation(_ location: (name: String, region: String), _ done: @escaping () -> Void)
  {
    put(
      API.PutLocationRequest(location: location.name, region: location.region, zone: "a"), done)
  }

  private func putPool(_ done: @escaping () -> Void) {
    put(
      API.PutPoolRequest(
        pool: world.pool, regions: world.plan.regions, locations: world.locations.map(\.name)),
      done)
  }

  private func putSku(_ number: Int, _ done: @escaping () -> Void) {
    put(API.PutSkuRequest(sku: world.plan.skus[number]), done)
  }

  private func putAccount(_ supply: PlannedSupply, _ done: @escaping () -> Void) {
    put(API.PutAccountRequest(account: world.account(supply), pool: world.pool), done)
  }

  // MARK: Supply

  private func syncAll(_ next: @escaping () -> Void) {
    let supply = world.plan.supply
    let rows = supply.map {
      API.SyncSupplyRow(account: world.account($0), onHand: $0.units)
    }
    for row in rows { history.supplySent(history.account(row.account.name), units: row.onHand) }
    let chunks = stride(from: 0, to: rows.count, by: Self.rowsPerCall).map {
      Array(rows[$0..<min($0 + Self.rowsPerCall, rows.count)])
    }
    let deadline = NIODeadline.now() + Self.timeout
    step("counts", chunks.count, { self.sync(chunks[$0], deadline, $1) }, next)
  }

  /// Counts these accounts. A shard that has not heard of some of them yet, or of its leader, is
  /// asked again for those: the same count twice is one count.
  private func sync(
    _ rows: [API.SyncSupplyRow], _ deadline: NIODeadline, _ done: @escaping () -> Void
  ) {
    var request = API.SyncSupplyRequest()
    request.source = world.owner
    request.sourceVersion = 1
    request.countedAt = LogTime(milliseconds: wallMilliseconds())
    request.rows = rows
    link.call(request.stamped(stamp()), timeout: Self.timeout) { ending in
      let (left, reason) = self.take(ending, rows)
      guard !left.isEmpty, self.failure == nil else { return done() }
      guard .now() < deadline else {
        self.failure = ReplayError("\(left.count) counts were not taken: \(reason)")
        return done()
      }
      self.progress.report("setting up: waiting for \(left.count) accounts (\(reason))")
      self.link.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(50)) {
        self.sync(left, deadline, done)
      }
    }
  }

  /// What is left to be counted, and why.
  private func take(
    _ ending: CallEnding, _ rows: [API.SyncSupplyRow]
  ) -> ([API.SyncSupplyRow], String) {
    switch ending {
    case .refused(let failure), .unknown(let failure), .unreachable(let failure):
      return (rows, "\(failure)")
    case .answered(let bytes):
      guard let answer = try? API.SyncSupplyResponse(decoding: bytes),
        answer.rows.count == rows.count
      else {
        failure = ReplayError("the answer to SyncSupply is malformed")
        return ([], "")
      }
      var left: [API.SyncSupplyRow] = []
      var reason = ""
      for (row, result) in zip(rows, answer.rows) {
        switch result.outcome {
        case .applied, .staleVersion:
          history.supplyAnswered(history.account(row.account.name), units: row.onHand)
        case .unspecified:
          left.append(row)
          reason = result.error.map { $0.errorInfo?.reason ?? $0.message } ?? "no outcome"
        case .quarantined, .shortfall:
          failure = ReplayError("a count of \(row.account.sku) ended \(apiName(result.outcome))")
        }
      }
      return (left, reason)
    }
  }
}
