import ArgumentParser
import ReservationClient
import WireFormat

struct CatalogAccountCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "account", abstract: "Which SKU lies where, whose it is and which pool sells it.",
    subcommands: [Put.self, Get.self, List.self])

  struct Put: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Create or change an account.")
    @OptionGroup var account: AccountOptions
    @Option(help: "The pool that it is promised from.") var pool: String
    @Option(help: "Base units that are not promised.") var buffer: Int64 = 0
    @OptionGroup var stamp: StampOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
      let request = API.PutAccountRequest(account: account.key, pool: pool, buffer: buffer)
      try await putItem(request, stamp, options)
    }
  }

  struct Get: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show one account.")
    @OptionGroup var account: AccountOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
      var request = API.GetAccountRequest()
      request.sku = account.sku
      request.location = account.location
      request.owner = account.owner
      try await getItem(request, options) { $0.account.map(\.row) }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the accounts of a pool.")
    @Option(help: "The pool; else all.") var pool = ""
    @OptionGroup var options: ClientOptions

    func run() async throws {
      try await listItems(options) { token in
        var request = API.ListAccountsRequest()
        request.pool = pool
        request.pageSize = 1_000
        request.pageToken = token
        return request
      } rows: {
        ($0.accounts.map(\.row), $0.nextPageToken)
      }
    }
  }
}

extension API.Account {
  fileprivate var row: CatalogRow {
    CatalogRow(
      name: "\(sku) \(location) \(owner)", details: "pool \(pool), buffer \(buffer)",
      version: version)
  }
}
