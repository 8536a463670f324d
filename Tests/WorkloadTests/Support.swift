import Primitives

@testable import Workload

typealias SeededBytes = SeededRandom

struct Hash128Pair: Equatable {
  var high: UInt64
  var low: UInt64
  init(_ high: UInt64, _ low: UInt64) {
    self.high = high
    self.low = low
  }
}

let header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"

func retail(_ rows: String...) throws -> RetailFile {
  var file = RetailFile()
  try file.read(Array((header + rows.map { $0 + "\n" }.joined()).utf8))
  return file
}

func row(
  _ invoice: String, _ code: String, _ quantity: String, customer: String = "17850.0",
  country: String = "United Kingdom", description: String = "THING"
) -> String {
  "\(invoice),\(code),\(description),\(quantity),2010-12-01 08:26:00,2.55,\(customer),\(country)"
}
