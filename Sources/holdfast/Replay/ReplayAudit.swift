// Asks the servers at the end what they have: every reservation that was acknowledged by its name,
// all lists, and the books of every account.

import NIOCore
import ReservationClient
import WireFormat
import Workload

final class ReplayAudit {
  private let world: ReplayWorld
  private let link: ClusterLink
  private let homes: [NodeAddress?]
  private var history: History
  private var progress = Progress()
  private var lookups: [Evidence.Lookup]
  private var listed: [ObservedReservation] = []
  private var books: [ObservedBooks?]

  private static let width = 256
  private static let timeout = TimeAmount.seconds(60)

  init(_ world: ReplayWorld, _ link: ClusterLink, homes: [NodeAddress?], _ history: History) {
    self.world = world
    self.link = link
    self.homes = homes
    self.history = history
    lookups = Array(repeating: .notAsked, count: history.orders.count)
    books = Array(repeating: nil, count: history.accounts.count)
  }

  /// The history may know more accounts afterwards: those that only the servers spoke of.
  func run(_ completion: @escaping (History, Evidence) -> Void) {
    let named = history.orders.indices.filter { !history.orders[$0].name.isEmpty }
    let accounts = history.accounts.count
    each("reservations", named.count, { self.lookUp(named[$0], $1) }) {
      self.each("lists", self.world.plan.regions.count, { self.list($0, token: "", $1) }) {
        self.each("accounts", accounts, self.readBooks) {
          let missing = self.history.accounts.count - self.books.count
          self.books += Array(repeating: nil, count: missing)
          let evidence = Evidence(
            lookups: self.lookups, listed: self.listed, books: self.books)
          completion(self.history, evidence)
        }
      }
    }
  }

  private func each(
    _ what: String, _ total: Int, _ call: @escaping (Int, @escaping () -> Void) -> Void,
    _ next: @escaping () -> Void
  ) {
    let window = CallWindow(eventLoop: link.eventLoop, total: total) { number, done in
      self.progress.report("auditing: \(number) of \(total) \(what)")
      call(number, done)
    } completion: {
      next()
    }
    window.start(width: Self.width)
  }

  private func lookUp(_ order: Int, _ done: @escaping () -> Void) {
    let request = API.GetReservationRequest(name: history.orders[order].name)
    link.call(
      request, preferred: homes[history.orders[order].region], timeout: Self.timeout
    ) { ending in
      switch ending {
      case .answered(let bytes):
        let found = (try? API.GetReservationResponse(decoding: bytes))?.reservation
        self.lookups[order] = found.map { .found(self.observed($0)) } ?? .unreadable
      case .refused(let failure) where failure.reason == "UNKNOWN_RESERVATION":
        self.lookups[order] = .missing
      case .refused, .unknown, .unreachable: self.lookups[order] = .unreadable
      }
      done()
    }
  }

  private func list(_ region: Int, token: String, _ done: @escaping () -> Void) {
    var request = API.ListReservationsRequest()
    request.pool = world.pool
    request.region = world.plan.regions[region]
    request.pageSize = 1_000
    request.pageToken = token
    link.call(request, preferred: homes[region], timeout: Self.timeout) { ending in
      guard case .answered(let bytes) = ending,
        let page = try? API.ListReservationsResponse(decoding: bytes)
      else {
        // What is in no list is reported as lost, so an unreadable list cannot pass unseen.
        say("the reservations of \(self.world.plan.regions[region]) cannot be listed")
        return done()
      }
      self.listed += page.reservations.map(self.observed)
      if page.nextPageToken.isEmpty { return done() }
      self.list(region, token: page.nextPageToken, done)
    }
  }

  private func readBooks(_ account: Int, _ done: @escaping () -> Void) {
    let name = history.accounts[account].name
    let request = API.GetPositionRequest(
      account: AccountKey(sku: name.sku, location: name.location, owner: name.owner))
    link.call(request, timeout: Self.timeout) { ending in
      if case .answered(let bytes) = ending,
        let read = try? API.GetPositionResponse(decoding: bytes)
      {
        var books = ObservedBooks()
        books.onHand = read.onHand
        books.inbound = read.dated
        books.shortfall = read.shortfall
        books.unpromised = read.unpromised
        books.promised = read.promised
        self.books[account] = books
      }
      done()
    }
  }

  private func observed(_ reservation: API.Reservation) -> ObservedReservation {
    ObservedReservation(
      name: reservation.name, orderID: reservation.orderID, state: observed(reservation.state),
      lines: reservation.lines.map { line in
        ObservedReservation.Line(
          account: history.account(
            AccountName(sku: line.sku, location: line.location, owner: line.owner)),
          reserved: line.reserved, fulfilled: line.fulfilled,
          released: line.released)
      })
  }

  private func observed(_ state: API.ReservationState) -> ObservedState {
    switch state {
    case .unspecified, .expired: .expired
    case .held: .held
    case .confirmed: .confirmed
    case .partiallyFulfilled: .partiallyFulfilled
    case .fulfilled: .fulfilled
    case .released: .released
    }
  }
}
