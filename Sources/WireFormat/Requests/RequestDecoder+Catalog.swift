internal import CHoldfastProto
internal import CProtobufC
internal import Primitives
internal import StockLedger

// Commands to the catalog's group.

extension RequestDecoder {
  func putSku(
    _ request: UnsafeMutablePointer<Holdfast__V1__PutSkuRequest>, _ minted: MintedID,
    into out: inout ByteWriter
  ) throws(RequestRefusal) -> CommandRoute {
    let message = unsafe request.pointee
    let route = unsafe CommandRoute(
      .catalog, try limits.requestID(message.request_id, minted: minted))
    let mark = unsafe begin(
      .putSku, route.requestID, try limits.time(message.first_sent_at, "first_sent_at"),
      into: &out)
    unsafe out.put(short: try limits.required(message.sku, "sku"))
    unsafe out.put(short: try limits.text(message.base_unit, "base_unit"))
    unsafe out.put(UInt8(message.active != 0 ? 1 : 0))
    unsafe out.put(UInt16(message.n_units))
    var seen: Set<String> = unsafe [String(cString: message.base_unit)]
    for i in unsafe 0..<message.n_units {
      let unit = unsafe message.units[i]!.pointee
      do throws(RequestRefusal) {
        unsafe out.put(short: try limits.required(unit.unit, "unit"))
        unsafe try once(unit.unit, "unit", &seen)
        unsafe out.put(try limits.quantity(unit.base_units_each, "base_units_each"))
      } catch { throw error.within("units[\(i)]") }
    }
    CommandWriter.end(mark, into: &out)
    return route
  }

  func putLocation(
    _ request: UnsafeMutablePointer<Holdfast__V1__PutLocationRequest>, _ minted: MintedID,
    into out: inout ByteWriter
  ) throws(RequestRefusal) -> CommandRoute {
    let message = unsafe request.pointee
    let route = unsafe CommandRoute(
      .catalog, try limits.requestID(message.request_id, minted: minted))
    let mark = unsafe begin(
      .putLocation, route.requestID, try limits.time(message.first_sent_at, "first_sent_at"),
      into: &out)
    unsafe out.put(short: try limits.required(message.location, "location"))
    unsafe out.put(short: try limits.segment(message.region, "region"))
    unsafe out.put(short: try limits.text(message.zone, "zone"))
    CommandWriter.end(mark, into: &out)
    return route
  }

  func putPool(
    _ request: UnsafeMutablePointer<Holdfast__V1__PutPoolRequest>, _ minted: MintedID,
    into out: inout ByteWriter
  ) throws(RequestRefusal) -> CommandRoute {
    let message = unsafe request.pointee
    let route = unsafe CommandRoute(
      .catalog, try limits.requestID(message.request_id, minted: minted))
    let mark = unsafe begin(
      .putPool, route.requestID, try limits.time(message.first_sent_at, "first_sent_at"),
      into: &out)
    unsafe out.put(short: try limits.segment(message.pool, "pool"))
    let (regions, locations) = unsafe (message.n_regions, message.n_locations)
    try limits.count(regions, "regions", 1...limits.poolRegionsMax)
    out.put(UInt16(regions))
    var seen: Set<String> = []
    for i in 0..<regions {
      let field = "regions[\(i)]"
      unsafe out.put(short: try limits.segment(message.regions[i], field))
      unsafe try once(message.regions[i], field, &seen)
    }
    try limits.count(locations, "locations", 0...limits.poolLocationsMax)
    out.put(UInt16(locations))
    seen = []
    for i in 0..<locations {
      let field = "locations[\(i)]"
      unsafe out.put(short: try limits.required(message.locations[i], field))
      unsafe try once(message.locations[i], field, &seen)
    }
    CommandWriter.end(mark, into: &out)
    return route
  }

  func putAccount(
    _ request: UnsafeMutablePointer<Holdfast__V1__PutAccountRequest>, _ minted: MintedID,
    into out: inout ByteWriter
  ) throws(RequestRefusal) -> CommandRoute {
    let message = unsafe request.pointee
    let route = unsafe CommandRoute(
      .catalog, try limits.requestID(message.request_id, minted: minted))
    let mark = unsafe begin(
      .putAccount, route.requestID, try limits.time(message.first_sent_at, "first_sent_at"),
      into: &out)
    unsafe out.put(short: try limits.required(message.sku, "sku"))
    unsafe out.put(short: try limits.required(message.location, "location"))
    unsafe out.put(short: try limits.text(message.owner, "owner"))
    unsafe out.put(short: try limits.required(message.pool, "pool"))
    unsafe out.put(try limits.quantity(message.buffer, "buffer", from: 0))
    CommandWriter.end(mark, into: &out)
    return route
  }

  private func once(
    _ text: CText?, _ field: String, _ seen: inout Set<String>
  ) throws(RequestRefusal) {
    guard let text = unsafe text else { return }
    guard seen.insert(unsafe String(cString: text)).inserted else {
      throw .invalid(field, "is named twice")
    }
  }
}
