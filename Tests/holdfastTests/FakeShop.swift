// A cluster that is one object: the dumb model of the ledger behind a real gRPC server, with faults
// that a test can plant.

import GRPCTransport
import NIOCore
import NIOPosix
import Primitives
import ReservationClient
import WireFormat
import Workload

enum PlantedFault: Sendable, CaseIterable {
  /// None.
  case none
  /// Every third write is done, and its answer lost; the retry is known by its id.
  case lostAnswers
  /// The same, but retries are not recognised.
  case actsTwice
  /// Promises units that are not there.
  case oversells
  /// One acknowledged reservation cannot be found in the end.
  case forgets
}

final class FakeShop: CallDispatcher {
  private let loop: ServerLoop
  private let fault: PlantedFault
  private var model = LedgerModel()
  private var accounts: [AccountName: Int] = [:]
  private var pool = ""
  private var done: [String: [UInt8]] = [:]
  private var writes = 0

  init(_ loop: ServerLoop, _ fault: PlantedFault) {
    self.loop = loop
    self.fault = fault
  }

  func cancelled(_ call: CallHandle, method: Int, reason: CancelReason) {}

  func burstEnded() { loop.flush() }

  func unary(
    _ call: CallHandle, method: Int, message: UnsafeRawBufferPointer, context: CallContext
  ) {
    let bytes = unsafe [UInt8](message)
    let kind = HoldfastMethod(rawValue: method)!
    guard let answer = try? answer(kind, bytes) else {
      return loop.fail(call, status: GRPCStatus(.notFound, "\(kind)"))
    }
    writes += kind.isWrite ? 1 : 0
    let losesAnswers = fault == .lostAnswers || fault == .actsTwice
    if losesAnswers, kind == .reserve || kind == .release, writes % 3 == 0 {
      return loop.fail(call, status: GRPCStatus(.unavailable, "lost"))
    }
    loop.respond(call, message: answer, range: 0..<answer.count)
  }

  private func answer(_ method: HoldfastMethod, _ bytes: [UInt8]) throws -> [UInt8]? {
    switch method {
    case .describeCluster: describe().encoded()
    case .putPool: putPool(try .init(decoding: bytes))
    case .putSku, .putLocation: []
    case .putAccount: putAccount(try .init(decoding: bytes))
    case .syncSupply: sync(try .init(decoding: bytes)).encoded()
    case .reserve: try once(bytes, API.ReserveRequest.self, reserve)
    case .confirm: try once(bytes, API.ConfirmRequest.self, confirm)
    case .release: try once(bytes, API.ReleaseRequest.self, release)
    case .getReservation: get(try .init(decoding: bytes))?.encoded()
    case .listReservations: list(try .init(decoding: bytes)).encoded()
    case .getPosition: books(try .init(decoding: bytes))?.encoded()
    default: nil
    }
  }

  /// A request id acts once, unless that is what is broken.
  private func once<Call: StampedCall>(
    _ bytes: [UInt8], _ type: Call.Type, _ act: (Call) -> Call.Answer
  ) throws -> [UInt8] {
    let call = try Call(decoding: bytes)
    if fault != .actsTwice, let answer = done[call.requestID] { return answer }
    let answer = act(call).encoded()
    done[call.requestID] = answer
    return answer
  }

  // MARK: Catalog and supply

  private func describe() -> API.DescribeClusterResponse {
    var cluster = API.DescribeClusterResponse()
    cluster.nodes = ["eu", "us", "ap"].map { region in
      var node = API.NodeDescription()
      node.region = region
      return node
    }
    return cluster
  }

  private func putPool(_ request: API.PutPoolRequest) -> [UInt8] {
    pool = request.pool
    return []
  }

  private func putAccount(_ request: API.PutAccountRequest) -> [UInt8] {
    let name = AccountName(sku: request.sku, location: request.location, owner: request.owner)
    accounts[name] = model.accounts.count
    model.addAccount(name, onHand: 0)
    return []
  }

  private func sync(_ request: API.SyncSupplyRequest) -> API.SyncSupplyResponse {
    var answer = API.SyncSupplyResponse()
    for row in request.rows {
      let name = AccountName(sku: row.sku, location: row.location, owner: row.owner)
      var result = API.SyncSupplyRowResult()
      result.outcome = .applied
      model.adjust(accounts[name]!, by: row.onHand)
      answer.rows.append(result)
    }
    return answer
  }

  // MARK: Reservations

  private func reserve(_ request: API.ReserveRequest) -> API.ReserveResponse {
    var answer = API.ReserveResponse()
    if fault == .oversells {
      for account in model.accounts.indices { model.adjust(account, by: 1_000) }
    }
    // Locations are named after their region, and this model knows no regions.
    let number = model.reserve(
      requestID: "\(done.count)-\(writes)", orderID: request.orderID,
      lines: request.lines.map { SKUUnits(sku: $0.sku, quantity: $0.quantity) },
      fill: .partial, deadline: .max, where: { $0.location.hasPrefix(request.region) })
    if fault == .oversells {
      for account in model.accounts.indices { model.adjust(account, by: -1_000) }
    }
    guard let number else {
      answer.outcome = .none
      return answer
    }
    answer.outcome = .full
    answer.reservation = shown(number)
    answer.lines = model.reservations[number].lines.map { line in
      var result = API.LineResult()
      let name = model.accounts[line.account].name
      result.sku = name.sku
      result.reserved = line.reserved
      var part = API.Assignment()
      part.location = name.location
      part.owner = name.owner
      part.quantity = line.reserved
      result.assignments = [part]
      return result
    }
    return answer
  }

  private func confirm(_ request: API.ConfirmRequest) -> API.ConfirmResponse {
    let number = number(request.name)
    _ = model.confirm(number)
    var answer = API.ConfirmResponse()
    answer.outcome = .full
    answer.reservation = shown(number)
    return answer
  }

  private func release(_ request: API.ReleaseRequest) -> API.ReleaseResponse {
    let number = number(request.name)
    let lines = request.lines.map { SKUUnits(sku: $0.sku, quantity: $0.quantity) }
    _ = model.release(number, lines)
    var answer = API.ReleaseResponse()
    answer.reservation = shown(number)
    return answer
  }

  // MARK: Reads

  private func get(_ request: API.GetReservationRequest) -> API.GetReservationResponse? {
    let number = number(request.name)
    var answer = API.GetReservationResponse()
    answer.reservation = shown(number)
    if fault == .forgets, number == 1 { answer.reservation?.state = .expired }
    return answer
  }

  private func list(_ request: API.ListReservationsRequest) -> API.ListReservationsResponse {
    var answer = API.ListReservationsResponse()
    answer.reservations = model.reservations.indices.map(shown).filter {
      $0.lines.first?.location.hasPrefix(request.region) == true
    }
    return answer
  }

  private func books(_ request: API.GetPositionRequest) -> API.GetPositionResponse? {
    let name = AccountName(sku: request.sku, location: request.location, owner: request.owner)
    guard let account = accounts[name] else { return nil }
    var answer = API.GetPositionResponse()
    answer.onHand = model.accounts[account].onHand
    answer.promised = model.promised(account)
    answer.shortfall = max(0, answer.promised - answer.onHand)
    answer.unpromised = answer.onHand + answer.shortfall - answer.promised
    return answer
  }

  private func number(_ name: String) -> Int {
    Int(name.split(separator: "/").last ?? "").map { $0 - 1 } ?? 0
  }

  private func shown(_ number: Int) -> API.Reservation {
    let reservation = model.reservations[number]
    var shown = API.Reservation()
    shown.name = "pools/\(pool)/regions/eu/reservations/\(number + 1)"
    shown.orderID = reservation.orderID
    shown.state = reservation.state == .held ? .held : .confirmed
    if reservation.state == .released { shown.state = .released }
    shown.lines = reservation.lines.map { line in
      var part = API.ReservationLine()
      let name = model.accounts[line.account].name
      part.sku = name.sku
      part.location = name.location
      part.owner = name.owner
      part.reserved = line.reserved
      part.released = line.released
      return part
    }
    return shown
  }
}
