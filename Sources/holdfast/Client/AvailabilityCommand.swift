import ArgumentParser
import ReservationClient
import WireFormat

struct AvailabilityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "availability", abstract: "Show what a pool could promise in a region.")

  @Option(help: "The pool.") var pool: String
  @Option(help: "The region; else that of the node that is asked.") var region = ""
  @Option(help: "For this day, like 2026-11-25; else today.") var date: CivilDate?
  @Flag(help: "Take what the asked node has, also without a majority.") var stale = false
  @Argument(help: "SKUs.") var skus: [String]
  @OptionGroup var options: ClientOptions

  func run() async throws {
    try await options.run { client in
      var request = API.QueryAvailabilityRequest()
      request.pool = pool
      request.region = region
      request.skus = skus
      request.date = date
      request.read = stale ? .stale : .linearizable
      let bytes = try await client.send(.queryAvailability, request.encoded())
      try options.show(bytes, of: API.QueryAvailabilityRequest.self, text)
    }
  }

  private func text(_ answer: API.QueryAvailabilityResponse) -> String {
    var table = Table("SKU", "LOCATION", "OWNER", "ON HAND", "RESERVED", "ATP")
    for sku in answer.skus {
      if sku.reason == .unknownSku {
        table.add(sku.sku, "(unknown SKU)", "", "", "", "")
        continue
      }
      table.add(sku.sku, "(all)", "", "\(sku.onHand)", "\(sku.reserved)", "\(sku.atp)")
      for place in sku.locations {
        table.add(
          "", place.location, place.owner, "\(place.onHand)", "\(place.reserved)", "\(place.atp)")
      }
    }
    return table.text
  }
}
