import Primitives
import StockLedger

extension ShardModel {
  /// Where a ledger that has applied the same entries differs; nil where it does not.
  func difference(from ledger: borrowing ShardLedger) -> String? {
    for sku in 0..<Load.skus {
      let books = booksOf(sku, ledger)
      guard let books else { continue }
      if books.onHand != accounts[sku].onHand || books.promised != accounts[sku].promised {
        return "sku \(sku) has \(books.promised) of \(books.onHand) promised, not "
          + "\(accounts[sku].promised) of \(accounts[sku].onHand)"
      }
      if books.onHand + books.dated + books.shortfall != books.unpromised + books.promised {
        return "the books of sku \(sku) don't balance: \(books)"
      }
    }
    for (at, row) in rows.enumerated() {
      var out = ByteWriter()
      guard ledger.reservation(number: UInt64(at + 1), into: &out) else {
        return "reservation \(at + 1) is lost"
      }
      let state = unsafe out.bytes.withUnsafeBytes { bytes in
        var reader = unsafe ByteReader(bytes)
        return ReservationRecord(from: &reader).state
      }
      if state != row.state.rawValue {
        return "reservation \(at + 1) is in state \(state), not \(row.state)"
      }
    }
    return nil
  }

  private func booksOf(_ sku: Int, _ ledger: borrowing ShardLedger) -> AccountBooks? {
    // A shard has one location, and its number is not the model's to know.
    for place in 0..<64 {
      if let books = ledger.position(
        sku: Load.skuName(sku), location: Load.locationName(place), owner: Load.owner)
      {
        return books
      }
    }
    return nil
  }
}
