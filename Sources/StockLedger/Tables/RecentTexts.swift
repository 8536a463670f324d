/// Remembers what goes with a short text, as its id: a text of at most 15 bytes is two words, so that
/// the SKU and the channel of an order are found by one multiplication and two comparisons instead
/// of a hash, a search and a walk over tables. Derived, and of a fixed size: a newer text takes an
/// older one's place.
struct RecentTexts<Value: BitwiseCopyable & Sendable>: Sendable {
  static var textBytesMax: Int { 15 }
  private static var slotBits: UInt64 { 8 }

  private struct Entry: BitwiseCopyable, Sendable {
    var low: UInt64 = 0
    var high: UInt64 = 0
    var value: Value
  }

  private let nothing: Value
  private var entries: ContiguousArray<Entry>

  /// `nothing` stands where no text is remembered.
  init(nothing: Value) {
    self.nothing = nothing
    entries = ContiguousArray(repeating: Entry(value: nothing), count: 1 << Self.slotBits)
  }

  @inline(__always)
  func find(_ text: UnsafeRawBufferPointer) -> Value? {
    guard text.count <= Self.textBytesMax else { return nil }
    let words = unsafe Self.words(text)
    let entry = entries[Self.slot(words)]
    return entry.low == words.low && entry.high == words.high ? entry.value : nil
  }

  /// Changes what goes with the text; nil when nothing is remembered.
  @inline(__always)
  mutating func update<R>(_ text: UnsafeRawBufferPointer, _ body: (inout Value) -> R) -> R? {
    guard text.count <= Self.textBytesMax else { return nil }
    let words = unsafe Self.words(text)
    let slot = Self.slot(words)
    guard entries[slot].low == words.low, entries[slot].high == words.high else { return nil }
    return body(&entries[slot].value)
  }

  /// Answers what the new text took the place of, or was there with it; `nothing` if that was so.
  @discardableResult
  mutating func note(_ text: UnsafeRawBufferPointer, _ value: Value) -> Value {
    guard text.count <= Self.textBytesMax else { return nothing }
    let words = unsafe Self.words(text)
    let old = entries[Self.slot(words)].value
    entries[Self.slot(words)] = Entry(low: words.low, high: words.high, value: value)
    return old
  }

  /// What goes with the text is about to name something else, or nothing; answers what it was.
  @discardableResult
  mutating func forget(_ text: UnsafeRawBufferPointer) -> Value {
    guard let old = unsafe find(text) else { return nothing }
    unsafe entries[Self.slot(Self.words(text))] = Entry(value: nothing)
    return old
  }

  /// The bytes, and in the highest byte their number: no two texts are alike, and none is zero.
  @inline(__always)
  private static func words(_ text: UnsafeRawBufferPointer) -> (low: UInt64, high: UInt64) {
    let count = text.count
    let length = UInt64(count) << 56
    if count >= 8 {
      let low = unsafe text.loadUnaligned(as: UInt64.self).littleEndian
      let last = unsafe text.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
      return (low, last.littleEndian >> UInt64(8 * (16 - count)) | length)
    }
    if count >= 4 {
      let low = unsafe UInt64(text.loadUnaligned(as: UInt32.self).littleEndian)
      let last = unsafe text.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
      return (low | UInt64(last.littleEndian) << UInt64(8 * (count - 4)), length)
    }
    guard count > 0 else { return (0, length) }
    // Of three bytes at most each one is the first, the middle or the last.
    let low = unsafe UInt64(text[0]) | UInt64(text[count >> 1]) << 8 | UInt64(text[count - 1]) << 16
    return (low, length)
  }

  @inline(__always)
  private static func slot(_ words: (low: UInt64, high: UInt64)) -> Int {
    let product = (words.low ^ words.high &* 0x9E37_79B9_7F4A_7C15) &* 0xD1B5_4A32_D192_ED03
    return Int(truncatingIfNeeded: product >> (64 - slotBits))
  }
}
