internal import Primitives
internal import StockLedger

// What nearly every call is: Reserves of the usual shape, without protobuf-c between.

extension RequestDecoder {
  /// Appends the record of a request of the usual shape; nil, and nothing appended, for others.
  func hotReserve(
    _ bytes: UnsafeRawBufferPointer, into out: inout ByteWriter, mint: () -> MintedID
  ) -> CommandRoute? {
    guard bytes.count <= limits.messageBytesMax, let fields = unsafe HotReserve(bytes, limits)
    else { return nil }
    return hotReserve(fields, into: &out, mint: mint)
  }

  /// The same for a request in a message that has nothing else.
  func hotStreamed(
    _ bytes: UnsafeRawBufferPointer, into out: inout ByteWriter, mint: () -> MintedID
  ) -> CommandRoute? {
    var reader = unsafe HotReader(bytes)
    guard bytes.count <= limits.messageBytesMax, reader.skip(0x0A) else { return nil }
    let request = unsafe reader.content()
    return unsafe reader.isDone ? hotReserve(request, into: &out, mint: mint) : nil
  }

  /// Few items are shorter: an id alone has 38 bytes.
  private static let itemBytesMin = 48

  /// The items at the beginning of a batch that are of the usual shape: all of them, as a rule.
  /// False when something else comes after them.
  func hotItems(
    _ bytes: UnsafeRawBufferPointer, into out: inout ByteWriter, mint: () -> MintedID,
    _ items: inout [BatchItem]
  ) -> Bool {
    guard bytes.count <= limits.messageBytesMax else { return false }
    items.reserveCapacity(min(limits.batchRequestsMax, bytes.count / Self.itemBytesMin))
    var reader = unsafe HotReader(bytes)
    var linesLeft = limits.batchLinesMax
    while items.count < limits.batchRequestsMax, reader.skip(0x0A) {
      let mark = out.count
      guard let fields = unsafe HotReserve(reader.content(), limits),
        fields.lineCount <= linesLeft,
        let route = hotReserve(fields, into: &out, mint: mint)
      else { return false }
      linesLeft -= fields.lineCount
      items.append(BatchItem(route: route, record: mark..<out.count))
    }
    return reader.isDone && !items.isEmpty
  }

  private func hotReserve(
    _ fields: HotReserve, into out: inout ByteWriter, mint: () -> MintedID
  ) -> CommandRoute? {
    let id = unsafe fields.requestID
    var route = unsafe CommandRoute(.shard, id.isEmpty ? RequestID(mint()) : RequestID(id))
    unsafe route.pool = fields.pool
    unsafe route.region = fields.region.isEmpty ? home : fields.region
    let mark = begin(.reserve, route.requestID, fields.firstSentAt ?? Absent.time, into: &out)
    guard out.put(atMost: fields.bodyBytesMax, { write(fields, into: &$0) }) else {
      out.bytes.removeLast(out.count - mark)
      return nil
    }
    CommandWriter.end(mark, into: &out)
    return route
  }

  private func write(_ fields: HotReserve, into out: inout RoomWriter) -> Bool {
    unsafe out.put(short: fields.orderID)
    unsafe out.put(short: fields.customer)
    unsafe out.put(short: fields.channel)
    out.put(fields.ttl ?? limits.ttlDefaultMilliseconds)
    out.put(fields.fill == 2 ? Fill.partial.rawValue : Fill.allOrNothing.rawValue)
    out.put(fields.requiredBy)
    out.put(UInt16(fields.lineCount))
    var reader = unsafe HotReader(fields.lines)
    let max = limits.textBytesMax
    while reader.skip(0x42) {
      var line = unsafe HotReader(reader.content())
      let sku = unsafe line.skip(0x0A) ? line.text(max) : .none
      let quantity = line.skip(0x10) ? line.varint() : 0
      let unit = unsafe line.skip(0x1A) ? line.text(max) : .none
      let location = unsafe line.skip(0x22) ? line.text(max) : .none
      guard line.isDone, unsafe !sku.isEmpty, quantity >= 1,
        quantity <= UInt64(limits.quantityMax)
      else { return false }
      unsafe out.put(short: sku)
      out.put(Int64(quantity))
      unsafe out.put(short: unit)
      unsafe out.put(short: location)
    }
    return reader.isDone
  }
}
