import ArgumentParser
import ReservationClient
import WireFormat

struct CatalogPoolCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pool", abstract: "Which accounts are promised together.",
    subcommands: [Put.self, Get.self, List.self])

  struct Put: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Create or change a pool.")
    @Argument(help: "Its name.") var pool: String
    @Option(name: .customLong("region"), help: "A region; may be repeated.")
    var regions: [String]
    @Option(
      name: .customLong("location"), help: "A location; repeated in the order of assignment.")
    var locations: [String] = []
    @OptionGroup var stamp: StampOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
      let request = API.PutPoolRequest(pool: pool, regions: regions, locations: locations)
      try await putItem(request, stamp, options)
    }
  }

  struct Get: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show one pool.")
    @Argument(help: "Its name.") var pool: String
    @OptionGroup var options: ClientOptions

    func run() async throws {
      var request = API.GetPoolRequest()
      request.pool = pool
      try await getItem(request, options) { $0.pool.map(\.row) }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show all pools.")

    @OptionGroup var options: ClientOptions

    func run() async throws {
      try await listItems(options) { token in
        var request = API.ListPoolsRequest()

        request.pageSize = 1_000
        request.pageToken = token
        return request
      } rows: {
        ($0.pools.map(\.row), $0.nextPageToken)
      }
    }
  }
}

extension API.Pool {
  fileprivate var row: CatalogRow {
    let parts = [regions.joined(separator: " "), locations.joined(separator: " ")]
    return CatalogRow(name: pool, details: parts.joined(separator: "; "), version: version)
  }
}
