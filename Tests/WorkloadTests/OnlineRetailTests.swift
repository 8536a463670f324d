import Testing

@testable import Workload

@Suite struct OnlineRetailTests {
  @Test func linesOfOneInvoiceBecomeOneOrder() throws {
    let file = try retail(
      row("536365", "85123A", "6"), row("536366", "71053", "2", customer: "13047"),
      row("536365", "71053", "8"))
    #expect(file.documents.map(\.invoice) == ["536365", "536366"])
    #expect(
      file.documents[0].lines == [RetailLine(sku: 0, quantity: 6), .init(sku: 1, quantity: 8)])
    #expect(file.skus == ["85123A", "71053"])
    #expect(file.tally.orderLines == 3)
  }

  @Test func customersLoseTheirDecimalsAndMissingOnesAreCounted() throws {
    let file = try retail(
      row("1", "71053", "1"), row("2", "71053", "1", customer: "17850"),
      row("3", "71053", "1", customer: ""), row("4", "71053", "1", customer: "17850.5"))
    #expect(file.documents.map(\.customer) == ["17850", "17850", "", "17850.5"])
    #expect(file.tally.decimalCustomers == 1)
    #expect(file.tally.missingCustomers == 1)
  }

  @Test func codesThatDifferByLetterCaseAreOneArticle() throws {
    let file = try retail(
      row("1", "85123A", "1"), row("1", "85123a", "2"), row("1", " 85123A ", "3"))
    #expect(file.skus == ["85123A"])
    #expect(file.documents[0].lines.count == 3)
    #expect(file.tally.recasedCodes == 1)
  }

  @Test func exactDuplicatesAreDroppedAndNearOnesAreNot() throws {
    let file = try retail(
      row("1", "71053", "1"), row("1", "71053", "1"), row("1", "71053", "2"),
      row("2", "71053", "1"))
    #expect(file.tally.duplicateRows == 1)
    #expect(file.documents[0].lines.map(\.quantity) == [1, 2])
  }

  @Test(arguments: [
    "POST", "DOT", "M", "m", "D", "S", "B", "C2", "PADS", "BANK CHARGES", "AMAZONFEE", "CRUK",
    "ADJUST", "ADJUST2", "TEST001", "gift_0001_20", "GIFT", "amazonfee",
  ])
  func chargesFeesAndVouchersAreNoStock(code: String) throws {
    let file = try retail(row("1", code, "1"), row("C2", code, "-1"))
    #expect(file.documents.isEmpty)
    #expect(file.tally.nonStockRows == 2)
    #expect(file.tally.nonStockCodes.count == 1)
  }

  @Test(arguments: ["85123A", "71053", "15056BL", "DCGS0003", "DCGSSGIRL", "SP1002", "47503j"])
  func articlesAreStock(code: String) throws {
    #expect(try retail(row("1", code, "1")).skus.count == 1)
  }

  @Test func vouchersAreAlsoToldByTheirDescription() throws {
    let file = try retail(row("1", "22222", "1", description: "Dotcomgiftshop GIFT Voucher £20.00"))
    #expect(file.tally.nonStockRows == 1)
  }

  @Test func cancellationsCarryPositiveUnits() throws {
    let file = try retail(row("C536379", "71053", "-3"))
    #expect(file.documents[0].kind == .cancellation)
    #expect(file.documents[0].lines == [RetailLine(sku: 0, quantity: 3)])
    #expect(file.tally.cancellationLines == 1)
  }

  @Test func correctionsAndBookkeepingAreCountedApart() throws {
    let file = try retail(
      row("536589", "21777", "-10", customer: ""), row("536590", "21777", "0"),
      row("A563185", "21777", "1"))
    #expect(file.documents.isEmpty)
    #expect(file.tally.adjustments == 2)
    #expect(file.tally.otherDocuments == 1)
  }

  @Test func badRowsAreCountedWithLineAndReasonAndNeverFatal() throws {
    let file = try retail(
      row("1", "71053", "1"), "1,71053,THING", row("1", "71053", "many"),
      row("1", "", "1"), row("C1", "71053", "5"), row("1", "71053", "9999999999999"),
      "1,\"71053\"x,T,1,d,1,1,UK", row("1", "71053", "2"))
    #expect(file.documents[0].lines.map(\.quantity) == [1, 2])
    #expect(file.tally.rows == 8)
    #expect(file.tally.badRows == 6)
    #expect(file.tally.badRowSamples.map(\.line) == [3, 4, 5, 6, 7, 8])
    #expect(file.tally.badRowSamples[0].reason == "3 fields where the header has 8")
  }

  @Test func everyRowIsCountedExactlyOnce() throws {
    var file = RetailFile()
    try file.read(SyntheticRetail().csv())
    let t = file.tally
    let parts = [
      t.orderLines, t.cancellationLines, t.duplicateRows, t.nonStockRows, t.adjustments,
      t.otherDocuments, t.badRows,
    ]
    #expect(parts.reduce(0, +) == t.rows)
  }

  @Test func columnsAreFoundByNameInAnyOrder() throws {
    var file = RetailFile()
    let text = "Country,Customer ID,Quantity,Description,StockCode,Invoice\nUSA,12345,7,X,71053,9\n"
    try file.read(Array(text.utf8))
    #expect(file.documents[0].invoice == "9")
    #expect(file.documents[0].country == "USA")
    #expect(file.documents[0].lines[0].quantity == 7)
  }

  @Test func fileWithoutTheColumnsSaysWhichIsMissing() {
    var file = RetailFile()
    #expect(throws: RetailFileError.missingColumn("StockCode")) {
      try file.read(Array("InvoiceNo,Quantity\n1,2\n".utf8))
    }
    #expect(throws: RetailFileError.empty) { try file.read([]) }
  }
}
