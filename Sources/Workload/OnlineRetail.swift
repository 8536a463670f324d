// Reads an order file with the columns of UCI's Online Retail and keeps what is an order or a
// cancellation of goods. Everything else is counted.

import Primitives

/// Why a file as a whole cannot be used.
package enum RetailFileError: Error, Equatable {
  case empty
  case missingColumn(String)
}

/// One order or one cancellation: the rows of one invoice, in the file's order.
package struct RetailDocument: Sendable {
  package enum Kind: Sendable { case order, cancellation }
  package var kind: Kind
  package var invoice: String
  /// Empty when the file names none.
  package var customer: String
  package var country: String
  package var lines: [RetailLine] = []
}

/// Units of one article; always positive, also in a cancellation.
package struct RetailLine: Hashable, Sendable {
  /// Index into `RetailFile.skus`.
  package var sku: Int32
  package var quantity: Int64
}

/// A cleaned order file.
package struct RetailFile: Sendable {
  package private(set) var skus: [String] = []
  package private(set) var documents: [RetailDocument] = []
  package private(set) var tally = CleaningTally()

  private var skuOfCode: [StockCode: Int32] = [:]
  private var firstSpelling: [[UInt8]] = []
  private var documentOfInvoice: [[UInt8]: Int] = [:]
  private var nonStockIndex: [[UInt8]: Int] = [:]
  private var seen: Set<Hash128> = []

  package init() {}

  /// Reads a whole file; several in a row make one set.
  package mutating func read(_ bytes: [UInt8]) throws(RetailFileError) {
    var reader = CSVReader(bytes)
    var row = CSVRow()
    guard case .row = reader.next(into: &row) else { throw .empty }
    let columns = try RetailColumns(header: row)
    while true {
      switch reader.next(into: &row) {
      case .end: return
      case .fault(let fault):
        tally.rows += 1
        tally.countBad(fault)
      case .row:
        tally.rows += 1
        if let reason = take(row, columns) {
          tally.countBad(CSVFault(line: row.line, reason: reason))
        }
      }
    }
  }

  /// The reason why the row is bad, or nothing.
  private mutating func take(_ row: CSVRow, _ columns: RetailColumns) -> String? {
    guard row.count == columns.count else {
      return "\(row.count) fields where the header has \(columns.count)"
    }
    let code = StockCode(row[columns.stockCode])
    let invoice = Array(trimmed(row[columns.invoice]))
    let customer = withoutDecimals(trimmed(row[columns.customer]))
    let country = trimmed(row[columns.country])
    guard isText(code.text[...]), !code.text.isEmpty else { return "no usable stock code" }
    guard isText(invoice[...]), !invoice.isEmpty else { return "no usable invoice number" }
    guard isText(customer.text), isText(country) else { return "customer or country is no text" }
    guard let quantity = wholeNumber(row[columns.quantity]) else { return "quantity is no number" }

    guard seen.insert(row.fingerprint).inserted else {
      tally.duplicateRows += 1
      return nil
    }
    guard code.isStock, !isVoucher(row[columns.description]) else {
      countNonStock(code)
      return nil
    }
    guard let kind = RetailDocument.Kind(invoice: invoice) else {
      tally.otherDocuments += 1
      return nil
    }
    if kind == .order && quantity <= 0 {
      tally.adjustments += 1
      return nil
    }
    if kind == .cancellation && quantity >= 0 { return "a cancellation of \(quantity) units" }
    if customer.text.isEmpty { tally.missingCustomers += 1 }
    if customer.changed { tally.decimalCustomers += 1 }
    if kind == .order { tally.orderLines += 1 } else { tally.cancellationLines += 1 }

    let sku = intern(code, spelling: trimmed(row[columns.stockCode]))
    let document = self.document(kind, invoice, customer.text, country)
    documents[document].lines.append(RetailLine(sku: sku, quantity: abs(quantity)))
    return nil
  }

  private mutating func countNonStock(_ code: StockCode) {
    tally.nonStockRows += 1
    if let index = nonStockIndex[code.text] {
      tally.nonStockCodes[index].rows += 1
    } else {
      nonStockIndex[code.text] = tally.nonStockCodes.count
      tally.nonStockCodes.append((String(decoding: code.text, as: UTF8.self), 1))
    }
  }

  private mutating func intern(_ code: StockCode, spelling: ArraySlice<UInt8>) -> Int32 {
    if let sku = skuOfCode[code] {
      if !firstSpelling[Int(sku)].elementsEqual(spelling) { tally.recasedCodes += 1 }
      return sku
    }
    let sku = Int32(skus.count)
    skuOfCode[code] = sku
    skus.append(String(decoding: code.text, as: UTF8.self))
    firstSpelling.append(Array(spelling))
    return sku
  }

  private mutating func document(
    _ kind: RetailDocument.Kind, _ invoice: [UInt8], _ customer: ArraySlice<UInt8>,
    _ country: ArraySlice<UInt8>
  ) -> Int {
    if let index = documentOfInvoice[invoice] { return index }
    documentOfInvoice[invoice] = documents.count
    documents.append(
      RetailDocument(
        kind: kind,
        invoice: String(decoding: invoice, as: UTF8.self),
        customer: String(decoding: customer, as: UTF8.self),
        country: String(decoding: country, as: UTF8.self)))
    return documents.count - 1
  }
}

extension RetailDocument.Kind {
  /// Orders are numbers, cancellations a `C` before one; other letters are the bookkeeper's.
  init?(invoice: [UInt8]) {
    if (48...57).contains(invoice[0]) {
      self = .order
    } else if invoice[0] | 32 == UInt8(ascii: "c"), invoice.count > 1 {
      self = .cancellation
    } else {
      return nil
    }
  }
}

/// Where each column stands; the header's names count, not its order.
struct RetailColumns {
  var count: Int
  var invoice: Int
  var stockCode: Int
  var description: Int
  var quantity: Int
  var customer: Int
  var country: Int

  init(header: CSVRow) throws(RetailFileError) {
    count = header.count
    let names = (0..<header.count).map { column in
      String(decoding: header[column].filter { $0 > 32 }, as: UTF8.self).lowercased()
    }
    func find(_ wanted: String, _ other: String? = nil) throws(RetailFileError) -> Int {
      if let column = names.firstIndex(where: { $0 == wanted.lowercased() || $0 == other }) {
        return column
      }
      throw .missingColumn(wanted)
    }
    invoice = try find("InvoiceNo", "invoice")
    stockCode = try find("StockCode")
    description = try find("Description")
    quantity = try find("Quantity")
    customer = try find("CustomerID")
    country = try find("Country")
  }
}

/// Text that a request may carry: at most 64 bytes of UTF-8 without control characters.
private func isText(_ bytes: ArraySlice<UInt8>) -> Bool {
  guard bytes.count <= 64, bytes.allSatisfy({ $0 >= 32 && $0 != 127 }) else { return false }
  return String(validating: bytes, as: UTF8.self) != nil
}

/// Vouchers are also told by their description: they are money, whatever code they carry.
private func isVoucher(_ description: ArraySlice<UInt8>) -> Bool {
  let wanted = Array("gift voucher".utf8)
  guard description.count >= wanted.count else { return false }
  for start in description.startIndex...(description.endIndex - wanted.count)
  where description[start] | 32 == wanted[0] {
    if zip(description[start...], wanted).allSatisfy({ $0 | 32 == $1 }) { return true }
  }
  return false
}
