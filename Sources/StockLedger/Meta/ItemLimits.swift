import Primitives

// Whether what an item says is within the limits; the first thing that is looked at.

extension MetaLedger {
  func isAllowed(_ kind: CommandKind, _ body: [UInt8]) -> Bool {
    unsafe body.withUnsafeBytes { bytes in
      var reader = unsafe ByteReader(bytes)
      let isSane =
        switch kind {
        case .putSku: isAllowed(SkuItem(from: &reader, version: 0))
        case .putLocation: isAllowed(LocationItem(from: &reader, version: 0))
        case .putPool: isAllowed(PoolItem(from: &reader, version: 0))
        case .putAccount: isAllowed(AccountItem(from: &reader, version: 0))
        case .dropNode: NodeID(reader.get()) != .none
        default: isAllowed(NodeItem(from: &reader, version: 0))
        }
      return isSane && reader.isValid && reader.isAtEnd
    }
  }

  private func isAllowed(_ item: SkuItem) -> Bool {
    isName(item.sku) && isName(item.baseUnit) && item.units.count <= limits.unitsPerSkuMax
      && areDistinct(item.units.map(\.unit) + [item.baseUnit])
      && item.units.allSatisfy {
        isName($0.unit) && $0.baseUnitsEach >= 1 && $0.baseUnitsEach <= limits.quantityMax
      }
  }

  private func isAllowed(_ item: LocationItem) -> Bool {
    isName(item.location) && isName(item.region) && item.zone.count <= limits.textBytesMax
  }

  private func isAllowed(_ item: PoolItem) -> Bool {
    isName(item.pool) && !item.regions.isEmpty && item.regions.count <= limits.regionsPerPoolMax
      && item.locations.count <= limits.locationsPerPoolMax && areDistinct(item.regions)
      && areDistinct(item.locations) && (item.regions + item.locations).allSatisfy(isName)
  }

  private func isAllowed(_ item: AccountItem) -> Bool {
    isName(item.key.sku) && isName(item.key.location)
      && item.key.owner.count <= limits.textBytesMax && isName(item.pool)
      && item.buffer >= 0 && item.buffer <= limits.quantityMax
  }

  private func isAllowed(_ item: NodeItem) -> Bool {
    item.node != .none && isName(item.region) && item.zone.count <= limits.textBytesMax
      && item.address.count <= 255
  }

  private func isName(_ text: [UInt8]) -> Bool {
    !text.isEmpty && text.count <= limits.textBytesMax
  }

  private func areDistinct(_ names: [[UInt8]]) -> Bool {
    let sorted = names.sorted { $0.lexicographicallyPrecedes($1) }
    return zip(sorted, sorted.dropFirst()).allSatisfy { $0 != $1 }
  }
}
