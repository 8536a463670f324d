import ArgumentParser
import Primitives
import ReservationClient
import WireFormat

struct AuditTraceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "Show everything that happened to a reservation.")

  @Argument(help: "The reservation's name.") var name: String
  @OptionGroup var options: ClientOptions

  func run() async throws {
    try await options.run { client in
      var request = API.TraceReservationRequest()
      request.name = name
      request.pageSize = 1_000
      var table = Table(
        "LOG TIME", "INDEX", "WHAT", "OUTCOME", "REQUESTED", "RESERVED", "REQUEST ID")
      repeat {
        let bytes = try await client.send(.traceReservation, request.encoded())
        let trace = try ReservationClient.read(bytes, as: API.TraceReservationRequest.self)
        if options.json { printLine(try jsonOfAnswer(bytes, .traceReservation)) }
        for event in trace.events { add(event, to: &table) }
        request.pageToken = trace.nextPageToken
      } while !request.pageToken.isEmpty
      if !options.json { printLine(table.text) }
    }
  }

  private func add(_ event: API.TraceEvent, to table: inout Table) {
    let requested = event.lines.reduce(0) { $0 + $1.requested }
    let reserved = event.lines.reduce(0) { $0 + $1.reserved }
    table.add(
      event.logTime.map { instantText($0.milliseconds) } ?? "", "\(event.position?.index ?? 0)",
      apiName(event.kind),
      event.refusal.isEmpty ? apiName(event.outcome) : event.refusal,
      event.lines.isEmpty ? "" : "\(requested)", event.lines.isEmpty ? "" : "\(reserved)",
      event.requestID)
  }
}
