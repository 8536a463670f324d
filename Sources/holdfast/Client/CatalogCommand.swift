import ArgumentParser
import ReservationClient
import WireFormat

struct CatalogCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catalog", abstract: "SKUs, locations, pools and accounts.",
    subcommands: [
      CatalogSkuCommand.self, CatalogLocationCommand.self, CatalogPoolCommand.self,
      CatalogAccountCommand.self,
    ])
}

/// Makes a put and says that it is done.
func putItem<Call: StampedCall>(
  _ call: Call, _ stamp: StampOptions, _ options: ClientOptions
) async throws {
  try await options.run { client in
    let bytes = try await sendStamped(client, call, stamp, route: .catalog)
    if options.json {
      printLine(try jsonOfAnswer(bytes, Call.method))
    } else {
      printLine("done")
    }
  }
}

/// Shows what a get finds: `row` is a line of the table.
func getItem<Call: ClientCall>(
  _ call: Call, _ options: ClientOptions, row: (Call.Answer) -> CatalogRow?
) async throws {
  try await options.run { client in
    let bytes = try await client.send(Call.method, call.encoded())
    try options.show(bytes, of: Call.self) { answer in
      catalogTable(row(answer).map { [$0] } ?? [])
    }
  }
}

/// Shows all pages of a list, one JSON line a page or one table.
func listItems<Call: ClientCall>(
  _ options: ClientOptions, page: (String) -> Call,
  rows: (Call.Answer) -> (rows: [CatalogRow], next: String)
) async throws {
  try await options.run { client in
    var all: [CatalogRow] = []
    var token = ""
    repeat {
      let bytes = try await client.send(Call.method, page(token).encoded())
      let read = rows(try ReservationClient.read(bytes, as: Call.self))
      if options.json { printLine(try jsonOfAnswer(bytes, Call.method)) }
      all += read.rows
      token = read.next
    } while !token.isEmpty
    if !options.json { printLine(catalogTable(all)) }
  }
}

/// One item of the catalog, for people.
struct CatalogRow {
  var name: String
  var details: String
  var version: UInt64
}

private func catalogTable(_ rows: [CatalogRow]) -> String {
  var table = Table("NAME", "DETAILS", "VERSION")
  for row in rows { table.add(row.name, row.details, "\(row.version)") }
  return table.text
}
