import ArgumentParser
import Foundation
import Primitives
import ReservationClient
import WireFormat
import Workload

struct SupplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "supply", abstract: "Report deltas and counts of stock, and see the books.",
    subcommands: [SupplyAdjustCommand.self, SupplySyncCommand.self, SupplyPositionCommand.self])
}

struct AccountOptions: ParsableArguments {
  @Option(help: "What.") var sku: String
  @Option(help: "Where.") var location: String
  @Option(help: "Whose.") var owner: String

  var key: AccountKey { AccountKey(sku: sku, location: location, owner: owner) }
}

struct SupplyAdjustCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adjust", abstract: "Add to or take from one account.")

  @OptionGroup var account: AccountOptions
  @Option(help: "Base units; a negative number takes away.") var delta: Int64
  @Option(help: "Who reports it.") var source = "cli"
  @Option(help: "The source's own sequence for this account; 0: it has none.")
  var sequence: UInt64 = 0
  @Option(help: "The day on which the units come; else they are on hand now.")
  var availableOn: CivilDate?
  @Option(help: "The source's document.") var reference = ""
  @OptionGroup var stamp: StampOptions
  @OptionGroup var options: ClientOptions

  func run() async throws {
    try await options.run { client in
      var request = API.AdjustSupplyRequest(
        source: source, account: account.key, delta: delta)
      request.sourceSequence = sequence
      request.availableOn = availableOn
      request.reference = reference
      let bytes = try await sendStamped(
        client, request, stamp, route: .location(account.location))
      let answer = try ReservationClient.read(bytes, as: API.AdjustSupplyRequest.self)
      try options.show(bytes, of: API.AdjustSupplyRequest.self) { answer in
        let short = answer.shortfall > 0 ? ", \(answer.shortfall) promised units uncovered" : ""
        return "\(apiName(answer.outcome)), \(answer.onHand) on hand\(short)"
      }
      if answer.outcome == .quarantined { throw Exit.refused }
    }
  }
}

struct SupplySyncCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync", abstract: "Set accounts to what a source has counted.",
    discussion: """
      The file is CSV with the columns sku, location, owner, on_hand. Exit code 1 when a row was \
      not taken.
      """)

  @Option(help: "Who counted.") var source: String
  @Option(help: "The source's version of the count, from 1.") var version: UInt64
  @Option(help: "A CSV file of counts.") var file: String?
  @Argument(help: "Counts: SKU@LOCATION/OWNER=UNITS.") var counts: [CountText] = []
  @OptionGroup var options: ClientOptions

  /// Rows in one call (CONTRACTS, section 2).
  private static let rowsPerCall = 2_000

  func run() async throws {
    try await options.run { client in
      var rows = counts.map(\.row)
      if let file { rows += try CountFile.rows(file) }
      guard !rows.isEmpty else {
        throw UsageError("no counts; give SKU@LOCATION/OWNER=UNITS or --file FILE")
      }
      var progress = Progress()
      var refused = 0
      for start in stride(from: 0, to: rows.count, by: Self.rowsPerCall) {
        let part = Array(rows[start..<min(start + Self.rowsPerCall, rows.count)])
        refused += try await send(part, client)
        progress.report("\(start + part.count) of \(rows.count) rows")
      }
      if refused > 0 {
        say("\(refused) of \(rows.count) rows were not taken.")
        throw Exit.refused
      }
    }
  }

  /// The number of rows that were not taken.
  private func send(_ rows: [API.SyncSupplyRow], _ client: ReservationClient) async throws
    -> Int
  {
    var request = API.SyncSupplyRequest()
    request.source = source
    request.sourceVersion = version
    request.countedAt = LogTime(milliseconds: wallMilliseconds())
    request.rows = rows
    let bytes = try await sendStamped(client, request, StampOptions.fresh, route: .any)
    let answer = try ReservationClient.read(bytes, as: API.SyncSupplyRequest.self)
    guard answer.rows.count == rows.count else {
      throw ClientFailure.malformedAnswer(.syncSupply)
    }
    try options.show(bytes, of: API.SyncSupplyRequest.self) { text(rows, $0) }
    return answer.rows.count { $0.error != nil || $0.outcome == .quarantined }
  }

  private func text(_ rows: [API.SyncSupplyRow], _ answer: API.SyncSupplyResponse) -> String {
    var table = Table("SKU", "LOCATION", "OWNER", "ON HAND", "OUTCOME", "SHORTFALL")
    for (row, result) in zip(rows, answer.rows) {
      table.add(
        row.sku, row.location, row.owner, "\(row.onHand)",
        result.error.map { $0.errorInfo?.reason ?? $0.message } ?? apiName(result.outcome),
        result.shortfall == 0 ? "" : "\(result.shortfall)")
    }
    return table.text
  }
}

/// A CSV file with the columns sku, location, owner, on_hand.
enum CountFile {
  static func rows(_ path: String) throws -> [API.SyncSupplyRow] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw UsageError("cannot read \(path)")
    }
    var reader = CSVReader([UInt8](data))
    var row = CSVRow()
    var columns: [Int]?
    var rows: [API.SyncSupplyRow] = []
    while true {
      switch reader.next(into: &row) {
      case .end: return rows
      case .fault(let fault): throw UsageError("\(path):\(fault.line): \(fault.reason)")
      case .row:
        let fields = (0..<row.count).map { String(decoding: row[$0], as: UTF8.self) }
        guard let known = columns else {
          columns = try header(fields, path)
          continue
        }
        guard fields.count > known.max() ?? 0, let units = Int64(fields[known[3]]), units >= 0
        else { throw UsageError("\(path):\(row.line): on_hand must be a number from 0") }
        rows.append(
          API.SyncSupplyRow(
            account: AccountKey(
              sku: fields[known[0]], location: fields[known[1]], owner: fields[known[2]]),
            onHand: units))
      }
    }
  }

  private static func header(_ fields: [String], _ path: String) throws -> [Int] {
    try ["sku", "location", "owner", "on_hand"].map { name in
      guard let column = fields.firstIndex(of: name) else {
        throw UsageError("\(path):1: no column \(name); needed: sku,location,owner,on_hand")
      }
      return column
    }
  }
}

struct SupplyPositionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "position", abstract: "Show the books of one account.")

  @OptionGroup var account: AccountOptions
  @OptionGroup var options: ClientOptions

  func run() async throws {
    try await options.run { client in
      let request = API.GetPositionRequest(account: account.key)
      let bytes = try await client.send(.getPosition, request.encoded())
      try options.show(bytes, of: API.GetPositionRequest.self) { books in
        var table = Table("BOOK", "UNITS")
        table.add("on hand", "\(books.onHand)")
        table.add("dated", "\(books.dated)")
        table.add("shortfall", "\(books.shortfall)")
        table.add("unpromised", "\(books.unpromised)")
        table.add("promised", "\(books.promised)")
        table.add("buffer", "\(books.buffer)")
        return table.text
      }
    }
  }
}
