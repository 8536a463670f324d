internal import Primitives

/// Writes protobuf by hand, for messages that are made on every call. Fields with their default
/// value are left out, as proto3 wants it.
///
/// It writes into memory that is lent to it, and moves to memory of its own when that is full: an
/// array's `append` for each byte of a response took twice as long as all the rest.
@safe
struct ProtoWriter: ~Copyable {
  private var base: UnsafeMutablePointer<UInt8>
  private(set) var count = 0
  private var capacity: Int
  private var isOwner: Bool

  /// Starts in `scratch`, which outlives the writer.
  private init(scratch: UnsafeMutableRawBufferPointer) {
    unsafe base = scratch.baseAddress!.assumingMemoryBound(to: UInt8.self)
    capacity = scratch.count
    isOwner = false
  }

  init(capacity: Int = 256) {
    unsafe base = .allocate(capacity: capacity)
    self.capacity = capacity
    isOwner = true
  }

  deinit { if isOwner { unsafe base.deallocate() } }

  /// Most responses fit into this much of the stack.
  private static let scratchBytes = 1_024

  /// Appends what `body` writes to an array.
  static func append<Result>(
    to out: inout [UInt8], _ body: (inout ProtoWriter) -> Result
  ) -> Result {
    unsafe withUnsafeTemporaryAllocation(byteCount: scratchBytes, alignment: 8) { scratch in
      var writer = unsafe ProtoWriter(scratch: scratch)
      let result = body(&writer)
      writer.appendAll(to: &out)
      return result
    }
  }

  func appendAll(to out: inout [UInt8]) {
    unsafe out.append(contentsOf: UnsafeBufferPointer(start: base, count: count))
  }

  /// All that was written.
  var bytes: [UInt8] { unsafe [UInt8](UnsafeBufferPointer(start: base, count: count)) }

  /// Room for `more` bytes at the end.
  @inline(__always)
  private mutating func reserve(_ more: Int) {
    if capacity - count < more { grow(more) }
  }

  private mutating func grow(_ more: Int) {
    let size = max(2 * capacity, count + more)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
    unsafe larger.update(from: base, count: count)
    if isOwner { unsafe base.deallocate() }
    unsafe base = larger
    capacity = size
    isOwner = true
  }

  mutating func varint(_ value: UInt64) {
    reserve(Self.varintBytesMax)
    store(value)
  }

  private static let varintBytesMax = 10

  /// A varint where there is room for it. Tags, lengths and most values have one byte.
  @inline(__always)
  private mutating func store(_ value: UInt64) {
    guard value < 0x80 else { return storeLong(value) }
    unsafe base[count] = UInt8(truncatingIfNeeded: value)
    count += 1
  }

  private mutating func storeLong(_ value: UInt64) {
    var (value, end) = unsafe (value, base + count)
    while value >= 0x80 {
      unsafe end.pointee = UInt8(truncatingIfNeeded: value) | 0x80
      unsafe end += 1
      value >>= 7
    }
    unsafe end.pointee = UInt8(truncatingIfNeeded: value)
    count = unsafe end - base + 1
  }

  @inline(__always)
  private mutating func storeTag(_ field: UInt32, _ wireType: UInt32) {
    store(UInt64(field << 3 | wireType))
  }

  mutating func tag(_ field: UInt32, _ wireType: UInt32) {
    varint(UInt64(field << 3 | wireType))
  }

  /// Bytes as they are.
  mutating func raw(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    reserve(bytes.count)
    unsafe UnsafeMutableRawPointer(base + count).copyMemory(from: start, byteCount: bytes.count)
    count += bytes.count
  }

  mutating func raw(_ bytes: [UInt8]) { unsafe bytes.withUnsafeBytes { unsafe raw($0) } }

  mutating func byte(_ byte: UInt8) {
    reserve(1)
    unsafe base[count] = byte
    count += 1
  }

  /// Overwrites a byte that was written before.
  mutating func patch(_ byte: UInt8, at offset: Int) {
    precondition(offset >= 0 && offset < count, "patch at \(offset) of \(count)")
    unsafe base[offset] = byte
  }

  mutating func put(_ field: UInt32, _ value: UInt64) {
    guard value != 0 else { return }
    reserve(2 * Self.varintBytesMax)
    storeTag(field, 0)
    store(value)
  }

  mutating func put(_ field: UInt32, _ value: Int64) {
    put(field, UInt64(bitPattern: value))
  }

  mutating func put(_ field: UInt32, _ value: Bool) {
    put(field, value ? UInt64(1) : 0)
  }

  /// A string or bytes field.
  mutating func put(_ field: UInt32, _ text: UnsafeRawBufferPointer) {
    guard unsafe !text.isEmpty else { return }
    unsafe always(field, text)
  }

  mutating func put(_ field: UInt32, _ text: [UInt8]) {
    unsafe text.withUnsafeBytes { unsafe put(field, $0) }
  }

  mutating func put(_ field: UInt32, _ text: String) {
    var text = text
    text.withUTF8 { unsafe put(field, UnsafeRawBufferPointer($0)) }
  }

  /// An element of a repeated string or bytes field, which is written even when it is empty.
  mutating func always(_ field: UInt32, _ text: UnsafeRawBufferPointer) {
    reserve(2 * Self.varintBytesMax + text.count)
    storeTag(field, 2)
    store(UInt64(text.count))
    guard let start = text.baseAddress else { return }
    unsafe UnsafeMutableRawPointer(base + count).copyMemory(from: start, byteCount: text.count)
    count += text.count
  }

  /// Starts a message field; the result goes to `end`.
  mutating func begin(_ field: UInt32) -> Int {
    reserve(Self.varintBytesMax + 1)
    storeTag(field, 2)
    unsafe base[count] = 0
    count += 1
    return count
  }

  /// Completes the message field whose content began at `mark`: most are shorter than 128 bytes,
  /// so one byte was left for the length, and longer content moves.
  mutating func end(_ mark: Int) {
    let length = count - mark
    if length < 0x80 {
      patch(UInt8(truncatingIfNeeded: length), at: mark - 1)
    } else {
      widen(mark, length)
    }
  }

  /// Moves the content to make room for a longer length.
  private mutating func widen(_ mark: Int, _ length: Int) {
    var more = 0
    while length >> (7 * (more + 1)) > 0 { more += 1 }
    reserve(more)
    let content = unsafe UnsafeMutableRawPointer(base + mark)
    unsafe (content + more).copyMemory(from: content, byteCount: length)
    for i in 0...more {
      let bits = UInt8(truncatingIfNeeded: length >> (7 * i)) & 0x7F
      unsafe base[mark - 1 + i] = i < more ? bits | 0x80 : bits
    }
    count += more
  }

  /// A `google.protobuf.Timestamp` of milliseconds since 1970.
  mutating func put(_ field: UInt32, timestamp milliseconds: Int64) {
    var seconds = milliseconds / 1000
    var rest = milliseconds % 1000
    if rest < 0 {
      seconds -= 1
      rest += 1000
    }
    let mark = begin(field)
    put(1, seconds)
    put(2, rest * 1_000_000)
    end(mark)
  }

  /// A `google.protobuf.Duration` of nanoseconds.
  mutating func put(_ field: UInt32, duration nanoseconds: Int64) {
    let mark = begin(field)
    put(1, nanoseconds / 1_000_000_000)
    put(2, nanoseconds % 1_000_000_000)
    end(mark)
  }

  /// A `holdfast.v1.Date`.
  mutating func put(_ field: UInt32, day: Int32) {
    let date = CivilDate(dayNumber: day)
    let mark = begin(field)
    put(1, Int64(date.year))
    put(2, Int64(date.month))
    put(3, Int64(date.day))
    end(mark)
  }

  /// A `holdfast.v1.Position`.
  mutating func put(_ field: UInt32, shard: ShardID, index: LogIndex) {
    let mark = begin(field)
    put(1, UInt64(shard.rawValue))
    put(2, index.rawValue)
    end(mark)
  }
}
