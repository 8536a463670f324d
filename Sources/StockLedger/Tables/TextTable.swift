import Primitives

/// Texts of at most 64 bytes that repeat, each kept once and named by a four-byte id; id 0 is the
/// empty text. Refuses when full.
struct TextTable: Sendable {
  static let textBytesMax = 64
  private var texts: [[UInt8]] = [[]]

  init(limit: UInt32 = 4_000_000) {}

  /// Distinct texts, the empty one not counted.
  var count: Int { texts.count - 1 }

  /// The id of a text, which is added when it is new; nil when the table is full. With `counted`
  /// the caller owns one reference and releases it; otherwise the text stays for ever.
  mutating func intern(_ bytes: UnsafeRawBufferPointer, counted: Bool = false) -> UInt32? {
    if let id = unsafe find(bytes) { return id }
    unsafe texts.append([UInt8](bytes))
    return UInt32(texts.count - 1)
  }

  mutating func intern(_ bytes: [UInt8], counted: Bool = false) -> UInt32? {
    unsafe bytes.withUnsafeBytes { unsafe intern($0, counted: counted) }
  }

  /// The id of a text that is there already.
  func find(_ bytes: UnsafeRawBufferPointer) -> UInt32? {
    unsafe texts.firstIndex(of: [UInt8](bytes)).map { UInt32($0) }
  }

  func find(_ bytes: [UInt8]) -> UInt32? { unsafe bytes.withUnsafeBytes { unsafe find($0) } }

  /// One reference more, or one less; without effect on texts that stay for ever.
  mutating func retain(_ id: UInt32) {}
  mutating func release(_ id: UInt32) {}

  func bytes(_ id: UInt32) -> [UInt8] { texts[Int(id)] }

  /// The bytes are valid during the call.
  func withBytes<R>(_ id: UInt32, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    unsafe texts[Int(id)].withUnsafeBytes { unsafe body($0) }
  }

  /// The hash of the text itself, for digests: the same whatever its id is.
  func hash(_ id: UInt32) -> Hash128 { unsafe withBytes(id) { unsafe Hash128($0) } }
}
