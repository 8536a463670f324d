// Which codes in an order file name goods. The file's own list of exceptions grows by the month,
// so goods are told by the form of their code and everything else is a charge of some kind.

/// A stock code in the one spelling under which it is counted.
package struct StockCode: Hashable, Sendable {
  package var text: [UInt8]

  /// Trims blanks and folds letter case: `85123a` and `85123A` are one article.
  package init(_ raw: ArraySlice<UInt8>) {
    text = trimmed(raw).map { (97...122).contains($0) ? $0 - 32 : $0 }
  }

  /// Goods carry an article number of at least four digits (`85123A`, `SP1002`) or belong to the
  /// shop's own range (`DCGSSGIRL`). Postage, fees, samples, discounts, commissions, manual and
  /// bad-debt entries (`POST`, `M`, `C2`, `BANK CHARGES`, `CRUK`) do not; vouchers and tests have
  /// numbers but are no goods.
  package var isStock: Bool {
    if text.starts(with: Array("GIFT".utf8)) || text.starts(with: Array("TEST".utf8)) {
      return false
    }
    if text.starts(with: Array("DCGS".utf8)) { return true }
    if text.contains(where: { $0 == UInt8(ascii: " ") }) { return false }
    return longestDigitRun >= 4
  }

  private var longestDigitRun: Int {
    var longest = 0
    var run = 0
    for byte in text {
      run = (48...57).contains(byte) ? run + 1 : 0
      longest = max(longest, run)
    }
    return longest
  }
}

/// Without blanks at either end.
func trimmed(_ raw: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
  var text = raw
  while let first = text.first, first == 32 || first == 9 { text.removeFirst() }
  while let last = text.last, last == 32 || last == 9 { text.removeLast() }
  return text
}

/// A customer's number without the decimals that a spreadsheet once gave it: `17850.0` is `17850`.
func withoutDecimals(_ raw: ArraySlice<UInt8>) -> (text: ArraySlice<UInt8>, changed: Bool) {
  guard let point = raw.firstIndex(of: UInt8(ascii: ".")), point > raw.startIndex,
    raw[..<point].allSatisfy({ (48...57).contains($0) }),
    raw[(point + 1)...].allSatisfy({ $0 == 48 })
  else { return (raw, false) }
  return (raw[..<point], true)
}

/// A whole number within what a line may carry, also with a sign or zero decimals.
func wholeNumber(_ raw: ArraySlice<UInt8>) -> Int64? {
  var digits = trimmed(raw)
  let negative = digits.first == UInt8(ascii: "-")
  if negative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
  digits = withoutDecimals(digits).text
  guard !digits.isEmpty, digits.count <= 13 else { return nil }
  var value: Int64 = 0
  for byte in digits {
    guard (48...57).contains(byte) else { return nil }
    value = value * 10 + Int64(byte - 48)
  }
  guard value <= quantityMax else { return nil }
  return negative ? -value : value
}

/// The largest quantity that a line may carry.
package let quantityMax: Int64 = 1_000_000_000_000
