import Primitives

// Finding SKUs, units, locations and accounts by their texts.

extension Books {
  /// Base units of one `unit` of the SKU; nil for a unit that it does not have.
  func baseUnits(of sku: SkuRow, unit text: UnsafeRawBufferPointer) -> Int64? {
    if unsafe text.isEmpty { return 1 }
    guard let id = unsafe texts.find(text) else { return nil }
    if id == sku.baseUnit { return 1 }
    guard sku.units != 0 else { return nil }
    return unsafe heap.withBytes(sku.units) { bytes in
      var offset = 0
      while offset < bytes.count {
        let row = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UnitRow.self)
        if row.text == id { return row.baseUnitsEach }
        offset += MemoryLayout<UnitRow>.stride
      }
      return nil
    }
  }

  /// Sorts account numbers by the pool's order of locations, then by owner.
  func inOrderOfAssignment(_ numbers: [UInt32]) -> [UInt32] {
    let keyed = numbers.map { number in
      let account = accounts[UInt64(number)]
      return (
        number: number, order: locations[UInt64(account.location)].order,
        owner: texts.bytes(account.owner)
      )
    }
    return keyed.sorted { a, b in
      a.order != b.order ? a.order < b.order : a.owner.lexicographicallyPrecedes(b.owner)
    }.map(\.number)
  }
}
