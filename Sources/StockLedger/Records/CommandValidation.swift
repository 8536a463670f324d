import Primitives

// Whether bytes are command records at all. Payloads come from `CommandWriter` through checksummed
// storage, so applying them does not ask; borders that take records from elsewhere, and fuzz tests,
// do. What a well-formed record says is judged by the ledger.

extension CommandReader {
  /// How many records `payload` holds; nil when it is not wholly made of well-formed ones.
  package static func validate(_ payload: [UInt8]) -> Int? {
    unsafe payload.withUnsafeBytes { bytes in
      var reader = unsafe CommandReader(bytes)
      var count = 0
      while let record = reader.next() {
        guard isWellFormed(record) else { return nil }
        count += 1
      }
      return reader.isValid ? count : nil
    }
  }

  private static func isWellFormed(_ record: CommandRecord) -> Bool {
    guard let kind = CommandKind(rawValue: record.kind) else { return false }
    var body = unsafe ByteReader(record.body)
    if kind == .catalogUpdate {
      skipUpdate(&body)
    } else {
      skip(kind, &body)
    }
    return body.isValid && body.isAtEnd
  }

  private static func skip(_ kind: CommandKind, _ body: inout ByteReader) {
    switch kind {
    case .reserve:
      body.skipShorts(3)
      body.skip(8 + 1 + 4)
      for _ in 0..<body.get(UInt16.self) where body.isValid {
        body.skipShorts(1)
        body.skip(8)
        body.skipShorts(2)
      }
    case .confirm: body.skip(8 + 1)
    case .extend: body.skip(8 + 8)
    case .release, .fulfill:
      body.skip(8)
      for _ in 0..<body.get(UInt16.self) where body.isValid {
        body.skipShorts(1)
        body.skip(8)
      }
      if kind == .fulfill {
        body.skipShorts(1)
        body.skip(8)
      }
    case .adjustSupply:
      body.skipShorts(1)
      body.skip(8)
      body.skipShorts(3)
      body.skip(8 + 4 + 8)
      body.skipShorts(1)
    case .syncSupply: skipSync(&body)
    case .pulse: body.skip(8)
    case .raiseRules: body.skip(2)
    case .putSku:
      body.skipShorts(2)
      body.skip(1)
      for _ in 0..<body.get(UInt16.self) where body.isValid {
        body.skipShorts(1)
        body.skip(8)
      }
    case .putLocation: body.skipShorts(3)
    case .putPool:
      body.skipShorts(1)
      for _ in 0..<2 { body.skipShorts(Int(body.get(UInt16.self))) }
    case .putAccount:
      body.skipShorts(4)
      body.skip(8)
    case .putNode:
      body.skip(8)
      body.skipShorts(3)
    case .dropNode: body.skip(8)
    case .catalogUpdate: break
    }
  }

  private static func skipSync(_ body: inout ByteReader) {
    body.skipShorts(1)
    body.skip(8 + 8)
    for _ in 0..<body.get(UInt32.self) {
      guard body.isValid else { return }
      body.skipShorts(3)
      body.skip(8)
      for _ in 0..<body.get(UInt16.self) where body.isValid {
        body.skip(4 + 8)
        body.skipShorts(1)
      }
    }
  }

  private static func skipUpdate(_ body: inout ByteReader) {
    body.skip(3 * 8)
    for _ in 0..<body.get(UInt32.self) {
      guard body.isValid else { return }
      let kind = CommandKind(rawValue: body.get())
      guard let kind, kind.isMeta, !kind.isTopology else { return body.skip(Int.max) }
      skip(kind, &body)
    }
  }
}

extension ByteReader {
  fileprivate mutating func skip(_ count: Int) { _ = unsafe get(raw: count) }

  fileprivate mutating func skipShorts(_ count: Int) {
    for _ in 0..<count where isValid { _ = unsafe getShort() }
  }
}
