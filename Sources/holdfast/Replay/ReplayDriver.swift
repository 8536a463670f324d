// Plays a plan against a cluster from one event loop: so many clients a region, each with one call
// under way, every answer written into the history in the order in which it came.

import NIOCore
import ReservationClient
import WireFormat
import Workload

struct ReplayPace {
  /// Clients in each region.
  var clientsPerRegion = 16
  /// Orders and cancellations a second over all regions; nothing means as fast as it goes.
  var perSecond: Double?
  /// How long a call is repeated until its outcome counts as unknown.
  var timeout = TimeAmount.seconds(60)
}

final class ReplayDriver {
  let world: ReplayWorld
  let link: ClusterLink
  private let pace: ReplayPace
  /// The endpoint of each region's own node.
  private let homes: [NodeAddress?]
  private var schedule: ReplaySchedule
  private var matcher = CancellationMatcher()
  private var stamps = RequestStamps()
  private var progress = Progress()
  private let completion: () -> Void

  private(set) var history: History
  private(set) var latencies = LatencyHistogram()
  private(set) var lines = 0
  private(set) var started = NIODeadline.now()
  private(set) var seconds = 0.0
  private var handedOut = 0
  private var isOver = false

  init(
    _ world: ReplayWorld, _ link: ClusterLink, homes: [NodeAddress?], pace: ReplayPace,
    history: History, completion: @escaping () -> Void
  ) {
    self.world = world
    self.link = link
    self.homes = homes
    self.pace = pace
    self.history = history
    self.completion = completion
    schedule = ReplaySchedule(world.plan)
  }

  var unmatchedCancellations: Int { matcher.unmatchedLines }

  func start() {
    started = .now()
    for region in world.plan.regions.indices {
      for _ in 0..<pace.clientsPerRegion { playNext(inRegion: region) }
    }
    if schedule.isFinished { end() }
  }

  // MARK: Turns

  private func playNext(inRegion region: Int) {
    guard let turn = schedule.next(inRegion: region) else { return }
    handedOut += 1
    guard let perSecond = pace.perSecond else { return play(turn) }
    let due = started + .nanoseconds(Int64(Double(handedOut - 1) / perSecond * 1e9))
    guard due > .now() else { return play(turn) }
    link.eventLoop.assumeIsolated().scheduleTask(deadline: due) { self.play(turn) }
  }

  private func play(_ turn: ReplaySchedule.Turn) {
    switch world.plan.events[turn.event].kind {
    case .order: reserve(turn)
    case .cancellation: cancel(turn)
    }
  }

  private func finished(_ turn: ReplaySchedule.Turn) {
    let total = world.plan.eventsInAll
    let next = schedule.finish(turn)
    progress.report(
      "\(schedule.finishedCount) of \(total) orders and cancellations, "
        + "\(link.retries) retries")
    if schedule.isFinished { return end() }
    if let next { play(next) } else { playNext(inRegion: turn.client) }
  }

  private func end() {
    guard !isOver else { return }
    isOver = true
    seconds = Double((.now() - started).nanoseconds) / 1e9
    completion()
  }

  // MARK: Orders

  private func reserve(_ turn: ReplaySchedule.Turn) {
    let event = world.plan.events[turn.event]
    let region = world.plan.regions[event.region]
    let orderID = world.orderID(turn)
    var request = API.ReserveRequest(
      pool: world.pool, region: region, orderID: orderID,
      lines: event.lines.map {
        API.ReserveLine(sku: world.plan.skus[Int($0.sku)], quantity: $0.quantity)
      })
    request.customer = event.customer
    request.channel = world.channel
    request.fill = .partial
    lines += event.lines.count
    let order = history.reserveSent(
      orderID: orderID, region: event.region,
      asked: request.lines.map { SKUUnits(sku: $0.sku, quantity: $0.quantity) })
    send(request, route: .pool(world.pool, region: region), event.region) { ending in
      self.reserved(turn, order, ending)
    }
  }

  private func reserved(_ turn: ReplaySchedule.Turn, _ order: Int, _ ending: CallEnding) {
    switch ending {
    case .answered(let bytes):
      guard let answer = try? API.ReserveResponse(decoding: bytes) else {
        history.reserveUnknown(order)
        return finished(turn)
      }
      let name = answer.reservation?.name ?? ""
      history.reserveAnswered(order, name: name, claims: claims(answer))
      if name.isEmpty { return finished(turn) }
      confirm(turn, order, name, answer)
    case .refused(let failure):
      history.reserveRefused(order, reason: failure.reason)
      finished(turn)
    case .unreachable(let failure):
      history.reserveRefused(order, reason: failure.reason)
      finished(turn)
    case .unknown:
      history.reserveUnknown(order)
      finished(turn)
    }
  }

  private func claims(_ answer: API.ReserveResponse) -> [UnitClaim] {
    var claims: [UnitClaim] = []
    for line in answer.lines {
      for part in line.assignments {
        let name = AccountName(sku: line.sku, location: part.location, owner: part.owner)
        claims.append(UnitClaim(account: history.account(name), quantity: part.quantity))
      }
    }
    return claims
  }

  private func confirm(
    _ turn: ReplaySchedule.Turn, _ order: Int, _ name: String, _ reserved: API.ReserveResponse
  ) {
    let event = world.plan.events[turn.event]
    history.confirmSent(order)
    send(
      API.ConfirmRequest(name: name), route: .reservation(name), event.region
    ) { ending in
      switch ending {
      case .answered:
        self.history.confirmAnswered(order)
        self.rememberForCancellations(event, order, reserved)
      case .refused(let failure): self.history.confirmRefused(order, reason: failure.reason)
      case .unknown, .unreachable: self.history.confirmUnknown(order)
      }
      self.finished(turn)
    }
  }

  /// Several lines of one SKU were merged; the first of them stands for all.
  private func rememberForCancellations(
    _ event: ReplayEvent, _ order: Int, _ reserved: API.ReserveResponse
  ) {
    guard !event.customer.isEmpty else { return }
    for result in reserved.lines where result.reserved > 0 {
      guard
        let line = event.lines.first(where: { world.plan.skus[Int($0.sku)] == result.sku })
      else { continue }
      matcher.confirmed(
        order: order, customer: event.customer, sku: line.sku, units: result.reserved)
    }
  }

  // MARK: Cancellations

  private func cancel(_ turn: ReplaySchedule.Turn) {
    let event = world.plan.events[turn.event]
    var releases: [(order: Int, lines: [SKUUnits])] = []
    for line in event.lines {
      guard let match = matcher.match(customer: event.customer, line) else { continue }
      let units = SKUUnits(sku: world.plan.skus[Int(match.sku)], quantity: match.quantity)
      guard let index = releases.firstIndex(where: { $0.order == match.order }) else {
        releases.append((match.order, [units]))
        continue
      }
      if let same = releases[index].lines.firstIndex(where: { $0.sku == units.sku }) {
        releases[index].lines[same].quantity += units.quantity
      } else {
        releases[index].lines.append(units)
      }
    }
    release(turn, releases[...])
  }

  private func release(
    _ turn: ReplaySchedule.Turn, _ releases: ArraySlice<(order: Int, lines: [SKUUnits])>
  ) {
    guard let (order, lines) = releases.first else {
      // Out of this call, so that a file of unmatched cancellations does not deepen the stack.
      return link.eventLoop.assumeIsolated().execute { self.finished(turn) }
    }
    let name = history.orders[order].name
    let request = API.ReleaseRequest(
      name: name,
      lines: lines.map { API.SkuQuantity(sku: $0.sku, quantity: $0.quantity) })
    let number = history.releaseSent(order, lines: lines)
    let region = history.orders[order].region
    send(request, route: .reservation(name), region) { ending in
      self.released(number, ending)
      self.release(turn, releases.dropFirst())
    }
  }

  private func released(_ number: Int, _ ending: CallEnding) {
    switch ending {
    case .answered(let bytes):
      guard let answer = try? API.ReleaseResponse(decoding: bytes) else {
        return history.releaseUnknown(number)
      }
      let left = (answer.reservation?.lines ?? []).map { line in
        UnitClaim(
          account: history.account(
            AccountName(sku: line.sku, location: line.location, owner: line.owner)),
          quantity: line.reserved - line.fulfilled - line.released)
      }
      history.releaseAnswered(number, left: left)
    case .refused(let failure): history.releaseRefused(number, reason: failure.reason)
    case .unknown, .unreachable: history.releaseUnknown(number)
    }
  }

  // MARK: Calls

  private func stamp() -> RequestStamp { stamps.next(now: wallMilliseconds()) }

  private func send(
    _ request: some StampedCall, route: Route, _ region: Int,
    _ completion: @escaping (CallEnding) -> Void
  ) {
    let sent = NIODeadline.now()
    link.call(
      request.stamped(stamp()), route: route, preferred: homes[region], timeout: pace.timeout
    ) { ending in
      let taken = NIODeadline.now() - sent
      self.latencies.add(nanoseconds: UInt64(max(0, taken.nanoseconds)))
      completion(ending)
    }
  }
}
