internal import CHoldfastProto
internal import CProtobufC
package import Primitives
internal import StockLedger

// Supply facts: routed by account.

extension RequestDecoder {
  func adjust(
    _ request: UnsafeMutablePointer<Holdfast__V1__AdjustSupplyRequest>, _ minted: MintedID,
    into out: inout ByteWriter
  ) throws(RequestRefusal) -> CommandRoute {
    let message = unsafe request.pointee
    var route = unsafe CommandRoute(
      .account, try limits.requestID(message.request_id, minted: minted))
    unsafe route.sku = try limits.required(message.sku, "sku")
    unsafe route.location = try limits.required(message.location, "location")
    unsafe route.owner = try limits.text(message.owner, "owner")
    let mark = unsafe begin(
      .adjustSupply, route.requestID, try limits.time(message.first_sent_at, "first_sent_at"),
      into: &out)
    unsafe out.put(short: try limits.required(message.source, "source"))
    unsafe out.put(message.source_sequence)
    unsafe out.put(short: route.sku)
    unsafe out.put(short: route.location)
    unsafe out.put(short: route.owner)
    unsafe out.put(try delta(message.delta))
    unsafe out.put(try limits.day(message.available_on, "available_on"))
    unsafe out.put(try limits.time(message.occurred_at, "occurred_at"))
    unsafe out.put(short: try limits.text(message.reference, "reference"))
    CommandWriter.end(mark, into: &out)
    return route
  }

  private func delta(_ value: Int64) throws(RequestRefusal) -> Int64 {
    guard value != 0 else { throw .invalid("delta", "must not be 0") }
    guard value.magnitude <= limits.quantityMax.magnitude else {
      throw .limit("delta", max: limits.quantityMax, actual: value, unit: "units either way")
    }
    return value
  }

  /// Decodes a count and splits it: `home` gives an account's shard by SKU, location and owner,
  /// whose bytes it may only look at during the call. Each part is a whole record of its own
  /// under the same request id.
  package mutating func sync(
    _ bytes: UnsafeRawBufferPointer, minted: MintedID, into out: inout ByteWriter,
    home: (UnsafeRawBufferPointer, UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> ShardID?
  ) throws(RequestRefusal) -> SyncSplit {
    let message: UnsafeMutablePointer<Holdfast__V1__SyncSupplyRequest> =
      try unsafe unpack(.syncSupply, bytes)
    let mark = out.count
    do throws(RequestRefusal) {
      return unsafe try split(message.pointee, minted, into: &out, home: home)
    } catch {
      out.bytes.removeLast(out.count - mark)
      throw error
    }
  }

  private func split(
    _ message: Holdfast__V1__SyncSupplyRequest, _ minted: MintedID, into out: inout ByteWriter,
    home: (UnsafeRawBufferPointer, UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> ShardID?
  ) throws(RequestRefusal) -> SyncSplit {
    let count = unsafe message.n_rows
    try limits.count(count, "rows", 1...limits.syncRowsMax)
    var split = unsafe SyncSplit(
      requestID: try limits.requestID(message.request_id, minted: minted), rowCount: count,
      parts: [], unmapped: [])
    var partOfShard: [ShardID: Int] = [:]
    for i in 0..<count {
      let row = unsafe message.rows[i]!.pointee
      do throws(RequestRefusal) {
        let shard = unsafe home(
          try limits.required(row.sku, "sku"), try limits.required(row.location, "location"),
          try limits.text(row.owner, "owner"))
        guard let shard else {
          split.unmapped.append(i)
          continue
        }
        if let part = partOfShard[shard] {
          split.parts[part].rows.append(i)
        } else {
          partOfShard[shard] = split.parts.count
          split.parts.append(SyncPart(shard: shard, record: 0..<0, rows: [i]))
        }
      } catch { throw error.within("rows[\(i)]") }
    }
    for i in split.parts.indices {
      let start = out.count
      unsafe try part(split.parts[i], of: message, split.requestID, into: &out)
      split.parts[i].record = start..<out.count
    }
    return split
  }

  private func part(
    _ part: SyncPart, of message: Holdfast__V1__SyncSupplyRequest, _ id: RequestID,
    into out: inout ByteWriter
  ) throws(RequestRefusal) {
    let mark = unsafe begin(
      .syncSupply, id, try limits.time(message.first_sent_at, "first_sent_at"), into: &out)
    unsafe out.put(short: try limits.required(message.source, "source"))
    guard unsafe message.source_version > 0 else {
      throw .invalid("source_version", "must be at least 1")
    }
    unsafe out.put(message.source_version)
    guard unsafe message.counted_at != nil else { throw .invalid("counted_at", "is missing") }
    unsafe out.put(try limits.time(message.counted_at, "counted_at"))
    out.put(UInt32(part.rows.count))
    for i in part.rows {
      do throws(RequestRefusal) {
        unsafe try row(message.rows[i]!.pointee, into: &out)
      } catch { throw error.within("rows[\(i)]") }
    }
    CommandWriter.end(mark, into: &out)
  }

  private func row(
    _ row: Holdfast__V1__SyncSupplyRow, into out: inout ByteWriter
  ) throws(RequestRefusal) {
    unsafe out.put(short: try limits.required(row.sku, "sku"))
    unsafe out.put(short: try limits.required(row.location, "location"))
    unsafe out.put(short: try limits.text(row.owner, "owner"))
    unsafe out.put(try limits.quantity(row.on_hand, "on_hand", from: 0))
    unsafe out.put(UInt16(row.n_inbound))
    for k in unsafe 0..<row.n_inbound {
      let inbound = unsafe row.inbound[k]!.pointee
      do throws(RequestRefusal) {
        guard unsafe inbound.available_on != nil else {
          throw RequestRefusal.invalid("available_on", "is missing")
        }
        unsafe out.put(try limits.day(inbound.available_on, "available_on"))
        unsafe out.put(try limits.quantity(inbound.quantity, "quantity"))
        unsafe out.put(short: try limits.text(inbound.reference, "reference"))
      } catch { throw error.within("inbound[\(k)]") }
    }
  }
}
