package import Primitives

/// A QueryAvailabilityRequest of the shape that every client library writes, read in place like a
/// `HotReserve`. Nil for anything else: the general decoder takes it, and all refusals are its own.
@safe
package struct HotAvailability {
  package private(set) var pool = unsafe HotText.none
  /// Never empty: that of the node that was asked, where the request names none.
  package private(set) var region = unsafe HotText.none
  package private(set) var day: Day?
  package private(set) var read = API.Read.unspecified
  package private(set) var atLeast: API.Position?
  private var skuCount = 0
  /// The SKUs with their tags and lengths.
  private var skus = unsafe HotText.none

  init?(_ bytes: UnsafeRawBufferPointer, _ limits: WireLimits, homeRegion: HotText) {
    var reader = unsafe HotReader(bytes)
    let max = limits.textBytesMax
    if reader.skip(0x0A) { unsafe pool = reader.text(max) }
    if reader.skip(0x12) { unsafe region = reader.text(max) }
    let start = reader.offset
    while reader.skip(0x1A) {
      guard unsafe !reader.text(max).isEmpty else { return nil }
      skuCount += 1
    }
    guard !reader.hasFailed else { return nil }
    unsafe skus = UnsafeRawBufferPointer(rebasing: bytes[start..<reader.offset])
    if reader.skip(0x22) { day = Day(number: reader.day()) }
    if reader.skip(0x28) {
      guard let known = API.Read(rawValue: Int32(clamping: reader.varint())) else { return nil }
      read = known
    }
    if reader.skip(0x32) { atLeast = reader.position() }
    guard reader.isDone, unsafe !pool.isEmpty, (1...limits.queriedSkusMax).contains(skuCount)
    else { return nil }
    if unsafe region.isEmpty { unsafe region = homeRegion }
  }

  /// Appends the record that `AvailabilityEncoder` answers: `u16 n × short sku`.
  package func writeSkus(into out: inout ByteWriter) {
    out.put(UInt16(skuCount))
    // A tag and a length of one byte before each, as in the record but for the tag.
    var reader = unsafe HotReader(skus)
    while reader.skip(0x1A) { unsafe out.put(short: reader.content()) }
  }
}

extension HotReader {
  /// A Position.
  fileprivate mutating func position() -> API.Position? {
    var inner = unsafe HotReader(content())
    var position = API.Position()
    if inner.skip(0x08) { position.shard = UInt32(clamping: inner.varint()) }
    if inner.skip(0x10) { position.index = inner.varint() }
    guard inner.isDone, position.shard < .max else {
      fail()
      return nil
    }
    return position
  }
}

extension RequestDecoder {
  /// Reads a QueryAvailability of the usual shape in place; nil for others, which `read` decodes.
  package func hotAvailability(_ bytes: UnsafeRawBufferPointer) -> HotAvailability? {
    guard bytes.count <= limits.messageBytesMax else { return nil }
    return unsafe HotAvailability(bytes, limits, homeRegion: home)
  }
}
