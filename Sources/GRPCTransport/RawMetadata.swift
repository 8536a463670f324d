// Metadata as it came off the wire, kept flat and decoded only when somebody asks.

/// Name and value pairs in one reused buffer: u16 name length, u16 value length, name, value.
/// The metadata limit keeps each length below 64 KiB.
struct RawMetadata: ~Copyable {
  private var store = ByteStore()

  var isEmpty: Bool { store.count == 0 }

  mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    precondition(name.count <= 0xFFFF && value.count <= 0xFFFF, "metadata beyond its limit")
    for length in [name.count, value.count] {
      store.append(UInt8(truncatingIfNeeded: length))
      store.append(UInt8(truncatingIfNeeded: length >> 8))
    }
    unsafe store.append(name)
    unsafe store.append(value)
  }

  mutating func clear() { store.clear(keeping: 4 << 10) }

  func first(_ key: StaticString) -> [UInt8]? {
    var found: [UInt8]?
    unsafe forEach { name, value in
      if found == nil, unsafe bytesEqual(name, key) { found = unsafe Array(value) }
    }
    return found
  }

  func decoded() -> Metadata {
    var all = Metadata()
    unsafe forEach { name, value in
      let key = unsafe String(decoding: name, as: UTF8.self)
      guard key.hasSuffix("-bin") else {
        return unsafe all.pairs.append(Metadata.Pair(key: key, value: Array(value)))
      }
      // Several values may arrive joined by commas.
      for part in unsafe Array(value).split(separator: UInt8(ascii: ",")) {
        guard let bytes = Base64.decode(part) else { continue }
        all.pairs.append(Metadata.Pair(key: key, value: bytes))
      }
    }
    return all
  }

  private func forEach(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) {
    let bytes = unsafe store.bytes
    var i = 0
    while i + 4 <= bytes.count {
      let name = unsafe Int(bytes[i]) | Int(bytes[i + 1]) << 8
      let value = unsafe Int(bytes[i + 2]) | Int(bytes[i + 3]) << 8
      let start = i + 4
      unsafe body(
        UnsafeRawBufferPointer(rebasing: bytes[start..<start + name]),
        UnsafeRawBufferPointer(rebasing: bytes[start + name..<start + name + value]))
      i = start + name + value
    }
  }
}
