// Just enough protobuf for health, reflection and descriptors.

/// One field of a message, as it stands on the wire.
struct ProtoField {
  var number: Int
  /// Value of a varint field, else 0.
  var varint: UInt64
  /// Content of a length-delimited field, else empty.
  var bytes: ArraySlice<UInt8>

  var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// Walks the fields of one message; anything malformed ends the walk with `isBroken`.
struct ProtoReader: IteratorProtocol, Sequence {
  private var rest: ArraySlice<UInt8>
  private(set) var isBroken = false

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func next() -> ProtoField? {
    guard !rest.isEmpty, !isBroken else { return nil }
    guard let key = varint(), key >> 3 > 0, key >> 3 < 1 << 29 else { return broken() }
    let number = Int(key >> 3)
    switch key & 7 {
    case 0:
      guard let value = varint() else { return broken() }
      return ProtoField(number: number, varint: value, bytes: [])
    case 1: return skip(8) ? ProtoField(number: number, varint: 0, bytes: []) : broken()
    case 2:
      guard let n = varint(), n <= UInt64(rest.count) else { return broken() }
      let bytes = rest.prefix(Int(n))
      rest = rest.dropFirst(Int(n))
      return ProtoField(number: number, varint: 0, bytes: bytes)
    case 5: return skip(4) ? ProtoField(number: number, varint: 0, bytes: []) : broken()
    default: return broken()
    }
  }

  private mutating func broken() -> ProtoField? {
    isBroken = true
    return nil
  }

  private mutating func skip(_ n: Int) -> Bool {
    guard rest.count >= n else { return false }
    rest = rest.dropFirst(n)
    return true
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}

/// Writes fields of one message.
struct ProtoWriter {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ number: Int, varint value: UInt64) {
    put(UInt64(number) << 3)
    put(value)
  }

  mutating func add(_ number: Int, bytes value: some Collection<UInt8>) {
    put(UInt64(number) << 3 | 2)
    put(UInt64(value.count))
    bytes += value
  }

  mutating func add(_ number: Int, text: String) { add(number, bytes: Array(text.utf8)) }

  private mutating func put(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: value))
  }
}
