import ArgumentParser
import ReservationClient
import WireFormat

struct CatalogSkuCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sku", abstract: "What is kept in stock.",
    subcommands: [Put.self, Get.self, List.self])

  struct Put: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Create or change a SKU.")
    @Argument(help: "Its name.") var sku: String
    @Option(help: "The unit in which quantities are kept.") var baseUnit = "each"
    @Option(name: .customLong("unit"), help: "A further unit, like carton=12; may be repeated.")
    var units: [SkuQuantityText] = []
    @Flag(help: "Do not reserve it any more.") var inactive = false
    @OptionGroup var stamp: StampOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
      var request = API.PutSkuRequest(sku: sku, baseUnit: baseUnit)
      request.units = units.map { text in
        var unit = API.SkuUnit()
        unit.unit = text.line.sku
        unit.baseUnitsEach = text.line.quantity
        return unit
      }
      request.active = !inactive
      try await putItem(request, stamp, options)
    }
  }

  struct Get: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show one SKU.")
    @Argument(help: "Its name.") var sku: String
    @OptionGroup var options: ClientOptions

    func run() async throws {
      var request = API.GetSkuRequest()
      request.sku = sku
      try await getItem(request, options) { $0.sku.map(\.row) }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show all SKUs.")

    @OptionGroup var options: ClientOptions

    func run() async throws {
      try await listItems(options) { token in
        var request = API.ListSkusRequest()

        request.pageSize = 1_000
        request.pageToken = token
        return request
      } rows: {
        ($0.skus.map(\.row), $0.nextPageToken)
      }
    }
  }
}

extension API.Sku {
  fileprivate var row: CatalogRow {
    let more = units.map { "\($0.unit) of \($0.baseUnitsEach)" }
    let state = active ? "active" : "inactive"
    return CatalogRow(
      name: sku, details: ([baseUnit] + more + [state]).joined(separator: ", "),
      version: version)
  }
}
