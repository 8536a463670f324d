// Metadata as it came off the wire, kept flat and decoded only when somebody asks.

/// Name and value pairs in one reused buffer.
struct RawMetadata {
  func first(_ key: StaticString) -> [UInt8]? { nil }
  func decoded() -> Metadata { Metadata() }
}
