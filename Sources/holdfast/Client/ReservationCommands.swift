import ArgumentParser
import Primitives
import ReservationClient
import WireFormat

struct ReserveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reserve", abstract: "Promise units to an order until a deadline.",
    discussion: "Exit code 1 when nothing could be reserved. A part of it counts as done.")

  @Option(help: "The pool to promise from.") var pool: String
  @Option(help: "The region; else that of the node that is asked.") var region = ""
  @Option(help: "The order, as its system calls it.") var order: String
  @Option(help: "The customer.") var customer = ""
  @Option(help: "The channel that sells.") var channel = ""
  @Option(help: "How long the hold lives.") var ttl = DurationText(argument: "15m")!
  @Flag(help: "Take as much of each line as there is.") var partial = false
  @Option(help: "The day on which the units are needed, like 2026-11-25.")
  var requiredBy: CivilDate?
  @Argument(help: "Lines: SKU=QUANTITY[:UNIT][@LOCATION].") var lines: [OrderLineText]
  @OptionGroup var stamp: StampOptions
  @OptionGroup var options: ClientOptions

  func run() async throws {
    try await options.run { client in
      var request = API.ReserveRequest(
        pool: pool, region: region, orderID: order, lines: lines.map(\.line))
      request.customer = customer
      request.channel = channel
      request.ttl = .milliseconds(ttl.milliseconds)
      request.fill = partial ? .partial : .allOrNothing
      request.requiredBy = requiredBy
      request = try await client.withRegion(request)
      let bytes = try await sendStamped(
        client, request, stamp, route: .pool(request.pool, region: request.region))
      let answer = try ReservationClient.read(bytes, as: API.ReserveRequest.self)
      try options.show(bytes, of: API.ReserveRequest.self) { answer in
        decisionText(answer.outcome, answer.reservation, answer.lines)
      }
      try refuse(answer.outcome)
    }
  }
}

struct ConfirmCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "confirm", abstract: "Take the deadline off a hold.")

  @Argument(help: "The reservation's name.") var name: String
  @Flag(help: "After the deadline, take the same lines again if they are there.")
  var reacquire = false
  @OptionGroup var stamp: StampOptions
  @OptionGroup var options: ClientOptions

  func run() async throws {
    try await options.run { client in
      let request = API.ConfirmRequest(
        name: name, onExpired: reacquire ? .reacquire : .refuse)
      let bytes = try await sendStamped(client, request, stamp, route: .reservation(name))
      let answer = try ReservationClient.read(bytes, as: API.ConfirmRequest.self)
      try options.show(bytes, of: API.ConfirmRequest.self) { answer in
        decisionText(answer.outcome, answer.reservation, answer.lines)
      }
      try refuse(answer.outcome)
    }
  }
}

struct ReleaseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release", abstract: "Give units back; without lines, all that is left.")

  @Argument(help: "The reservation's name.") var name: String
  @Argument(help: "Lines: SKU=QUANTITY.") var lines: [SkuQuantityText] = []
  @OptionGroup var stamp: StampOptions
  @OptionGroup var options: ClientOptions

  func run() async throws {
    try await options.run { client in
      let request = API.ReleaseRequest(name: name, lines: lines.map(\.line))
      let bytes = try await sendStamped(client, request, stamp, route: .reservation(name))
      try options.show(bytes, of: API.ReleaseRequest.self) { answer in
        decisionText(.full, answer.reservation, [])
      }
    }
  }
}

struct ExtendCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extend", abstract: "Move the deadline of a hold.")

  @Argument(help: "The reservation's name.") var name: String
  @Option(help: "The deadline becomes now plus this, unless it is later already.")
  var ttl = DurationText(argument: "15m")!
  @OptionGroup var stamp: StampOptions
  @OptionGroup var options: ClientOptions

  func run() async throws {
    try await options.run { client in
      var request = API.ExtendRequest()
      request.name = name
      request.ttl = .milliseconds(ttl.milliseconds)
      let bytes = try await sendStamped(client, request, stamp, route: .reservation(name))
      try options.show(bytes, of: API.ExtendRequest.self) { answer in
        decisionText(.full, answer.reservation, [])
      }
    }
  }
}

/// Makes a call that acts once, and names its id when nobody knows whether it did.
func sendStamped<Call: StampedCall>(
  _ client: ReservationClient, _ call: Call, _ options: StampOptions, route: Route
) async throws -> [UInt8] {
  let stamp = try await options.stamp(client)
  do {
    return try await client.send(Call.method, call.stamped(stamp).encoded(), route: route)
  } catch {
    if case .unknown = error { say("Request id: \(stamp.requestID)") }
    throw error
  }
}

private func refuse(_ outcome: API.Outcome) throws {
  guard outcome == .none else { return }
  say("Nothing was reserved.")
  throw Exit.refused
}

/// A reservation and what its lines got, for people.
private func decisionText(
  _ outcome: API.Outcome, _ reservation: API.Reservation?, _ lines: [API.LineResult]
) -> String {
  var parts = [reservation.map(reservationText) ?? "Outcome \(apiName(outcome))"]
  let short = lines.filter { $0.reason != .unspecified }
  if !short.isEmpty {
    var table = Table("SKU", "REQUESTED", "RESERVED", "REASON")
    for line in short {
      table.add(line.sku, "\(line.requested)", "\(line.reserved)", apiName(line.reason))
    }
    parts.append(table.text)
  }
  return parts.joined(separator: "\n\n")
}

func reservationText(_ reservation: API.Reservation) -> String {
  var text = "\(reservation.name)\n\(apiName(reservation.state))"
  if let expiresAt = reservation.expiresAt {
    text += " until \(instantText(expiresAt.milliseconds))"
  }
  if !reservation.orderID.isEmpty { text += ", order \(reservation.orderID)" }
  guard !reservation.lines.isEmpty else { return text }
  var table = Table("SKU", "LOCATION", "OWNER", "RESERVED", "FULFILLED", "RELEASED", "DATE")
  for line in reservation.lines {
    table.add(
      line.sku, line.location, line.owner, "\(line.reserved)", "\(line.fulfilled)",
      "\(line.released)", line.date?.text ?? "")
  }
  return text + "\n" + table.text
}
