internal import CHoldfastProto
internal import CProtobufC
internal import Primitives
internal import StockLedger

// Commands to the shard of a pool and region.

extension RequestDecoder {
  func reserve(
    _ request: UnsafeMutablePointer<Holdfast__V1__ReserveRequest>, _ minted: MintedID,
    into out: inout ByteWriter
  ) throws(RequestRefusal) -> CommandRoute {
    let message = unsafe request
    var route = unsafe CommandRoute(
      .shard, try limits.requestID(message.pointee.request_id, minted: minted))
    unsafe route.pool = try limits.required(message.pointee.pool, "pool")
    unsafe route.region = try region(message.pointee.region)
    let mark = unsafe begin(
      .reserve, route.requestID, try limits.time(message.pointee.first_sent_at, "first_sent_at"),
      into: &out)
    unsafe out.put(short: try limits.text(message.pointee.order_id, "order_id"))
    unsafe out.put(short: try limits.text(message.pointee.customer, "customer"))
    unsafe out.put(short: try limits.text(message.pointee.channel, "channel"))
    unsafe out.put(try limits.ttl(message.pointee.ttl, "ttl"))
    out.put(try unsafe fill(message.pointee.fill).rawValue)
    unsafe out.put(try limits.day(message.pointee.required_by, "required_by"))
    let count = unsafe message.pointee.n_lines
    try limits.count(count, "lines", 1...limits.linesMax)
    out.put(UInt16(count))
    for i in 0..<count {
      let line = unsafe message.pointee.lines[i]!
      do throws(RequestRefusal) {
        unsafe out.put(short: try limits.required(line.pointee.sku, "sku"))
        unsafe out.put(try limits.quantity(line.pointee.quantity, "quantity"))
        unsafe out.put(short: try limits.text(line.pointee.unit, "unit"))
        unsafe out.put(short: try limits.text(line.pointee.location, "location"))
      } catch { throw error.within("lines[\(i)]") }
    }
    CommandWriter.end(mark, into: &out)
    return route
  }

  func confirm(
    _ request: UnsafeMutablePointer<Holdfast__V1__ConfirmRequest>, _ minted: MintedID,
    into out: inout ByteWriter
  ) throws(RequestRefusal) -> CommandRoute {
    let message = unsafe request.pointee
    let route = unsafe try named(message.name, message.request_id, minted)
    let mark = unsafe begin(
      .confirm, route.requestID, try limits.time(message.first_sent_at, "first_sent_at"),
      into: &out)
    out.put(route.number)
    switch unsafe message.on_expired.rawValue {
    case 0, 1: out.put(OnExpired.refuse.rawValue)
    case 2: out.put(OnExpired.reacquire.rawValue)
    default: throw .invalid("on_expired", "is no value of OnExpired")
    }
    CommandWriter.end(mark, into: &out)
    return route
  }

  func extend(
    _ request: UnsafeMutablePointer<Holdfast__V1__ExtendRequest>, _ minted: MintedID,
    into out: inout ByteWriter
  ) throws(RequestRefusal) -> CommandRoute {
    let message = unsafe request.pointee
    let route = unsafe try named(message.name, message.request_id, minted)
    let mark = unsafe begin(
      .extend, route.requestID, try limits.time(message.first_sent_at, "first_sent_at"),
      into: &out)
    out.put(route.number)
    unsafe out.put(try limits.ttl(message.ttl, "ttl"))
    CommandWriter.end(mark, into: &out)
    return route
  }

  func release(
    _ request: UnsafeMutablePointer<Holdfast__V1__ReleaseRequest>, _ minted: MintedID,
    into out: inout ByteWriter
  ) throws(RequestRefusal) -> CommandRoute {
    let message = unsafe request.pointee
    let route = unsafe try named(message.name, message.request_id, minted)
    let mark = unsafe begin(
      .release, route.requestID, try limits.time(message.first_sent_at, "first_sent_at"),
      into: &out)
    out.put(route.number)
    unsafe try lines(message.lines, message.n_lines, into: &out)
    CommandWriter.end(mark, into: &out)
    return route
  }

  func fulfill(
    _ request: UnsafeMutablePointer<Holdfast__V1__FulfillRequest>, _ minted: MintedID,
    into out: inout ByteWriter
  ) throws(RequestRefusal) -> CommandRoute {
    let message = unsafe request.pointee
    let route = unsafe try named(message.name, message.request_id, minted)
    let mark = unsafe begin(
      .fulfill, route.requestID, try limits.time(message.first_sent_at, "first_sent_at"),
      into: &out)
    out.put(route.number)
    unsafe try lines(message.lines, message.n_lines, into: &out)
    let source = unsafe try limits.text(message.source, "source")
    if unsafe message.source_sequence > 0, unsafe source.isEmpty {
      throw .invalid("source", "is missing, and source_sequence is not")
    }
    unsafe out.put(short: source)
    unsafe out.put(message.source_sequence)
    CommandWriter.end(mark, into: &out)
    return route
  }

  private func lines(
    _ lines: UnsafeMutablePointer<UnsafeMutablePointer<Holdfast__V1__SkuQuantity>?>?,
    _ count: Int, into out: inout ByteWriter
  ) throws(RequestRefusal) {
    try limits.count(count, "lines", 0...limits.linesMax)
    out.put(UInt16(count))
    for i in 0..<count {
      let line = unsafe lines![i]!.pointee
      do throws(RequestRefusal) {
        unsafe out.put(short: try limits.required(line.sku, "sku"))
        unsafe out.put(try limits.quantity(line.quantity, "quantity"))
      } catch { throw error.within("lines[\(i)]") }
    }
  }

  private func named(
    _ name: CText?, _ requestID: CText?, _ minted: MintedID
  ) throws(RequestRefusal) -> CommandRoute {
    let parts = unsafe try limits.name(name)
    var route = unsafe CommandRoute(.shard, try limits.requestID(requestID, minted: minted))
    unsafe route.pool = parts.pool
    unsafe route.region = parts.region
    route.number = parts.number
    return route
  }

  private func fill(_ value: Holdfast__V1__Fill) throws(RequestRefusal) -> Fill {
    switch value.rawValue {
    case 0, 1: .allOrNothing
    case 2: .partial
    default: throw .invalid("fill", "is no value of Fill")
    }
  }

  /// The region that was named, or else this node's.
  func region(_ named: CText?) throws(RequestRefusal) -> UnsafeRawBufferPointer {
    let text = unsafe try limits.text(named, "region")
    return unsafe text.isEmpty ? home : text
  }

  func begin(
    _ kind: CommandKind, _ id: RequestID, _ firstSentAt: Int64, into out: inout ByteWriter
  ) -> Int {
    unsafe id.withBytes {
      unsafe CommandWriter.begin(
        kind.rawValue, requestID: $0, firstSentAt: firstSentAt, into: &out)
    }
  }
}
