import ArgumentParser
import ReservationClient
import WireFormat

struct CatalogLocationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "location", abstract: "Where stock is kept.",
    subcommands: [Put.self, Get.self, List.self])

  struct Put: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Create or change a location.")
    @Argument(help: "Its name.") var location: String
    @Option(help: "The region that it belongs to.") var region: String
    @Option(help: "Its failure domain.") var zone = ""
    @OptionGroup var stamp: StampOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
      let request = API.PutLocationRequest(location: location, region: region, zone: zone)
      try await putItem(request, stamp, options)
    }
  }

  struct Get: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show one location.")
    @Argument(help: "Its name.") var location: String
    @OptionGroup var options: ClientOptions

    func run() async throws {
      var request = API.GetLocationRequest()
      request.location = location
      try await getItem(request, options) { $0.location.map(\.row) }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show all locations.")

    @OptionGroup var options: ClientOptions

    func run() async throws {
      try await listItems(options) { token in
        var request = API.ListLocationsRequest()

        request.pageSize = 1_000
        request.pageToken = token
        return request
      } rows: {
        ($0.locations.map(\.row), $0.nextPageToken)
      }
    }
  }
}

extension API.Location {
  fileprivate var row: CatalogRow {
    let parts = zone.isEmpty ? [region] : [region, zone]
    return CatalogRow(
      name: location, details: parts.joined(separator: ", "), version: version)
  }
}
