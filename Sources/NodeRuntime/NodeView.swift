// DescribeNode: this node's seats and what it has used.

import GRPCTransport
import Glibc
import LogStorage
import NIOCore
import NodeCore
import Primitives
import StockLedger
import WireFormat

/// What one lane says of itself.
struct LaneView: Sendable {
  var seats: [API.SeatDescription]
  var syncs: UInt64
  var syncedBytes: UInt64
  var syncP50: UInt64
  var syncP99: UInt64
  var calls: UInt64
}

extension Lane {
  func view() -> LaneView {
    let storage = store.statistics
    return LaneView(
      seats: core.statusWithDigests(now: SystemClock.now()).map(seat),
      syncs: storage.syncs, syncedBytes: storage.bytes,
      syncP50: storage.syncLatency.upperBound(ofPercent: 50),
      syncP99: storage.syncLatency.upperBound(ofPercent: 99),
      calls: hub.dispatchers[index].callsAnswered)
  }

  func seat(_ status: ShardStatus) -> API.SeatDescription {
    var seat = API.SeatDescription()
    seat.shard = status.shard.rawValue
    seat.pool = String(decoding: status.pool, as: UTF8.self)
    seat.region = String(decoding: status.region, as: UTF8.self)
    seat.member = core.settings.node.rawValue
    seat.role = API.MemberRole(status.role)
    seat.standing = API.SeatStanding(status.standing)
    seat.leader = status.leader?.rawValue ?? 0
    seat.term = status.term.rawValue
    seat.commit = status.commit.rawValue
    seat.applied = status.applied.rawValue
    seat.logTime = status.logTime
    seat.catalogVersion = status.catalogVersion
    seat.digests = status.digests.reversed().map { point in
      var report = API.DigestReport()
      report.index = point.index.rawValue
      report.digest = point.digest.wireBytes
      return report
    }
    seat.members = status.members.map { member in
      var description = API.MemberDescription()
      description.id = member.node.rawValue
      description.node = member.node.rawValue
      description.match = member.match?.rawValue ?? 0
      let leads = member.node == status.leader
      description.role = leads ? .leader : member.isVoter ? .follower : .learner
      return description
    }
    addLedger(to: &seat, status.shard)
    return seat
  }

  private func addLedger(to seat: inout API.SeatDescription, _ shard: ShardID) {
    guard let ledger = ledgerView(shard) else { return }
    seat.reservationsMade = ledger.made
    seat.liveReservations = UInt64(ledger.live)
    seat.dedupeHorizon = .milliseconds(ledger.dedupeHorizonMilliseconds)
  }

  /// Counts of one shard's ledger and its dedupe horizon in force (rule Q2); nil for the catalog.
  func ledgerView(
    _ shard: ShardID
  ) -> (made: UInt64, live: Int, dedupeHorizonMilliseconds: Int64)? {
    let ledger = core.withShardLedger(shard) {
      (
        made: $0.reservationsMade, live: $0.sizes.liveReservations, floor: $0.requestFloor,
        now: $0.logTime
      )
    }
    guard let ledger else { return nil }
    let horizon = core.settings.ledger.dedupeHorizonMilliseconds
    let kept = ledger.floor == .zero ? horizon : ledger.now.milliseconds - ledger.floor.milliseconds
    return (ledger.made, ledger.live, min(horizon, kept))
  }
}

extension API.SeatStanding {
  fileprivate init(_ standing: MemberStanding) {
    self =
      switch standing {
      case .serving: .serving
      case .repairing: .repairing
      case .rebuilding: .rebuilding
      case .stopped: .stopped
      }
  }
}

extension API.MemberRole {
  fileprivate init(_ role: SeatRole) {
    self =
      switch role {
      case .follower: .follower
      case .candidate: .candidate
      case .leader: .leader
      case .learner: .learner
      }
  }
}

extension Dispatcher {
  /// Asks every lane, and gives the node's description on this loop.
  func describeNode(_ done: @escaping @Sendable (API.DescribeNodeResponse) -> Void) {
    let here = server.eventLoop
    let views = hub.lanes.map { lane in lane.loop.submit { lane.view() } }
    EventLoopFuture.whenAllSucceed(views, on: here).whenSuccess { [self] views in
      done(description(views))
    }
  }

  private func description(_ views: [LaneView]) -> API.DescribeNodeResponse {
    var response = API.DescribeNodeResponse()
    let seat = hub.seat(node)!
    response.node = API.NodeDescription(
      seat, !isServing ? .draining : hasStarted ? .serving : .starting)
    response.seats = views.flatMap(\.seats).sorted { $0.shard < $1.shard }
    let used = ResourceUse.now()
    response.uptime = .nanoseconds(Int64(SystemClock.now().boot - hub.startedAt.boot))
    response.cpuTime = .microseconds(used.cpuMicroseconds)
    response.residentBytes = used.residentBytes
    response.callsAnswered = views.reduce(0) { $0 + $1.calls }
    response.syncs = views.reduce(0) { $0 + $1.syncs }
    response.syncedBytes = views.reduce(0) { $0 + $1.syncedBytes }
    response.syncP50 = .microseconds(views.map(\.syncP50).max() ?? 0)
    response.syncP99 = .microseconds(views.map(\.syncP99).max() ?? 0)
    response.version = "0.1.0"
    return response
  }
}

extension API.NodeDescription {
  init(_ seat: NodeSeat, _ state: API.NodeState) {
    self.init()
    id = seat.id.rawValue
    region = String(decoding: seat.region, as: UTF8.self)
    zone = String(decoding: seat.zone, as: UTF8.self)
    address = String(decoding: seat.address, as: UTF8.self)
    self.state = state
  }
}

/// Processor time and memory of this process, from the kernel.
struct ResourceUse {
  var cpuMicroseconds: Int64
  var residentBytes: UInt64

  static func now() -> ResourceUse {
    var usage = rusage()
    _ = unsafe getrusage(RUSAGE_SELF.rawValue, &usage)
    func micros(_ time: timeval) -> Int64 { Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_usec) }
    return ResourceUse(
      cpuMicroseconds: micros(usage.ru_utime) + micros(usage.ru_stime),
      residentBytes: residentPages() * UInt64(sysconf(Int32(_SC_PAGESIZE))))
  }

  /// The second number of /proc/self/statm.
  private static func residentPages() -> UInt64 {
    let file = unsafe open("/proc/self/statm", O_RDONLY)
    guard file >= 0 else { return 0 }
    defer { close(file) }
    var text = [UInt8](repeating: 0, count: 128)
    let count = unsafe text.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
    let words = String(decoding: text.prefix(max(0, count)), as: UTF8.self).split(separator: " ")
    return words.count > 1 ? UInt64(words[1]) ?? 0 : 0
  }
}
