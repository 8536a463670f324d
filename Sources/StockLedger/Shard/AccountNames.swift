/// The texts of each account as outcome records spell them: `short sku, short location, short
/// owner`, one block an account, found in one step instead of by three walks over the catalog.
/// Derived: an account's texts never change, and nothing of this is in the digest.
struct AccountNames: Sendable {
  private var heap = ByteHeap()
  private var blocks = PagedTable<UInt32>()

  init() {}

  mutating func add(
    _ account: UInt32, sku: UnsafeRawBufferPointer, location: UnsafeRawBufferPointer,
    owner: UnsafeRawBufferPointer
  ) {
    let count = 3 + sku.count + location.count + owner.count
    let block = unsafe withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { memory in
      var names = unsafe RecordBuffer(memory)
      unsafe names.put(short: sku)
      unsafe names.put(short: location)
      unsafe names.put(short: owner)
      return unsafe heap.allocate(names.bytes())
    }
    blocks.insert(block, at: UInt64(account))
  }

  /// All three texts, the first `skuEnd` bytes being the SKU; valid during the call.
  @inline(__always)
  func withNames<R>(
    _ account: UInt32, _ body: (_ names: UnsafeRawBufferPointer, _ skuEnd: Int) -> R
  ) -> R {
    unsafe heap.withBytes(blocks[UInt64(account)]) { names in
      unsafe body(names, 1 + Int(names[0]))
    }
  }

  /// Puts all three texts.
  @inline(__always)
  func putAll(_ account: UInt32, into out: inout RecordBuffer) {
    unsafe heap.withBytes(blocks[UInt64(account)]) { unsafe out.put(raw: $0) }
  }

  @inline(__always)
  func putSku(_ account: UInt32, into out: inout RecordBuffer) {
    unsafe withNames(account) { names, skuEnd in
      unsafe out.put(raw: UnsafeRawBufferPointer(rebasing: names[..<skuEnd]))
    }
  }

  /// Puts the location and the owner.
  @inline(__always)
  func putPlace(_ account: UInt32, into out: inout RecordBuffer) {
    unsafe withNames(account) { names, skuEnd in
      unsafe out.put(raw: UnsafeRawBufferPointer(rebasing: names[skuEnd...]))
    }
  }
}
