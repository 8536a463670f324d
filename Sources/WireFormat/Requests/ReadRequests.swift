/// A request that changes nothing. `settle` checks every field and fills in what was left out.
package protocol ReadRequest: WireMessage {
  mutating func settle(_ limits: WireLimits, homeRegion: String) throws(RequestRefusal)
}

extension RequestDecoder {
  /// Decodes a request that reads. What it says afterwards is complete: the region is there, the
  /// size of a page within its limits, a reservation's name well formed.
  package mutating func read<Request: ReadRequest>(
    _ method: HoldfastMethod, _ bytes: UnsafeRawBufferPointer, as type: Request.Type = Request.self
  ) throws(RequestRefusal) -> Request {
    try unsafe scan(method, bytes)
    guard var request = try? unsafe Request(decoding: bytes) else {
      throw RequestRefusal(.malformedMessage)
    }
    try unsafe request.settle(limits, homeRegion: String(decoding: home, as: UTF8.self))
    return request
  }
}

extension WireLimits {
  fileprivate func text(
    _ text: String, _ field: String, max: Int? = nil
  ) throws(RequestRefusal) {
    let (count, max) = (text.utf8.count, max ?? textBytesMax)
    guard count <= max else { throw .limit(field, max: max, actual: Int64(count), unit: "bytes") }
  }

  fileprivate func required(_ text: String, _ field: String) throws(RequestRefusal) {
    guard !text.isEmpty else { throw .invalid(field, "is missing") }
    try self.text(text, field)
  }

  fileprivate func settle(
    region: inout String, _ homeRegion: String
  ) throws(RequestRefusal) {
    if region.isEmpty { region = homeRegion }
    try text(region, "region")
  }

  fileprivate func settle(
    pageSize: inout Int32, token: String
  ) throws(RequestRefusal) {
    guard pageSize >= 0 else { throw .invalid("page_size", "is negative") }
    pageSize = pageSize == 0 ? Int32(pageSizeDefault) : min(pageSize, Int32(pageSizeMax))
    try text(token, "page_token", max: pageTokenBytesMax)
  }

  fileprivate func name(_ name: String) throws(RequestRefusal) {
    guard !name.isEmpty else { throw .invalid("name", "is missing") }
    try text(name, "name", max: nameBytesMax)
    guard let parsed = ReservationName(name) else {
      throw .invalid("name", "is not pools/{pool}/regions/{region}/reservations/{number}")
    }
    guard max(parsed.pool.count, parsed.region.count) <= textBytesMax else {
      throw .limit("name", max: textBytesMax, unit: "bytes in each part")
    }
  }

  fileprivate func skus(_ skus: [String], _ date: CivilDate?) throws(RequestRefusal) {
    try count(skus.count, "skus", 1...queriedSkusMax)
    for (i, sku) in skus.enumerated() { try required(sku, "skus[\(i)]") }
    if let date, date.dayNumber == nil { throw .invalid("date", "is no date") }
  }
}

extension API.GetReservationRequest: ReadRequest {
  package func settle(_ limits: WireLimits, homeRegion: String) throws(RequestRefusal) {
    try limits.name(name)
  }
}

extension API.ListReservationsRequest: ReadRequest {
  package mutating func settle(
    _ limits: WireLimits, homeRegion: String
  ) throws(RequestRefusal) {
    try limits.required(pool, "pool")
    try limits.settle(region: &region, homeRegion)
    try limits.settle(pageSize: &pageSize, token: pageToken)
    try limits.text(orderID, "order_id")
    try limits.text(customer, "customer")
  }
}

extension API.QueryAvailabilityRequest: ReadRequest {
  package mutating func settle(
    _ limits: WireLimits, homeRegion: String
  ) throws(RequestRefusal) {
    try limits.required(pool, "pool")
    try limits.settle(region: &region, homeRegion)
    try limits.skus(skus, date)
  }
}

extension API.WatchAvailabilityRequest: ReadRequest {
  package mutating func settle(
    _ limits: WireLimits, homeRegion: String
  ) throws(RequestRefusal) {
    try limits.required(pool, "pool")
    try limits.settle(region: &region, homeRegion)
    try limits.skus(skus, date)
  }
}

extension API.GetSkuRequest: ReadRequest {
  package func settle(_ limits: WireLimits, homeRegion: String) throws(RequestRefusal) {
    try limits.required(sku, "sku")
  }
}

extension API.GetLocationRequest: ReadRequest {
  package func settle(_ limits: WireLimits, homeRegion: String) throws(RequestRefusal) {
    try limits.required(location, "location")
  }
}

extension API.GetPoolRequest: ReadRequest {
  package func settle(_ limits: WireLimits, homeRegion: String) throws(RequestRefusal) {
    try limits.required(pool, "pool")
  }
}

extension API.GetAccountRequest: ReadRequest {
  package func settle(_ limits: WireLimits, homeRegion: String) throws(RequestRefusal) {
    try limits.required(sku, "sku")
    try limits.required(location, "location")
    try limits.text(owner, "owner")
  }
}

extension API.GetPositionRequest: ReadRequest {
  package func settle(_ limits: WireLimits, homeRegion: String) throws(RequestRefusal) {
    try limits.required(sku, "sku")
    try limits.required(location, "location")
    try limits.text(owner, "owner")
  }
}

extension API.ListSkusRequest: ReadRequest {
  package mutating func settle(
    _ limits: WireLimits, homeRegion: String
  ) throws(RequestRefusal) {
    try limits.settle(pageSize: &pageSize, token: pageToken)
  }
}

extension API.ListLocationsRequest: ReadRequest {
  package mutating func settle(
    _ limits: WireLimits, homeRegion: String
  ) throws(RequestRefusal) {
    try limits.settle(pageSize: &pageSize, token: pageToken)
  }
}

extension API.ListPoolsRequest: ReadRequest {
  package mutating func settle(
    _ limits: WireLimits, homeRegion: String
  ) throws(RequestRefusal) {
    try limits.settle(pageSize: &pageSize, token: pageToken)
  }
}

extension API.ListAccountsRequest: ReadRequest {
  package mutating func settle(
    _ limits: WireLimits, homeRegion: String
  ) throws(RequestRefusal) {
    try limits.text(pool, "pool")
    try limits.settle(pageSize: &pageSize, token: pageToken)
  }
}

extension API.TraceReservationRequest: ReadRequest {
  package mutating func settle(
    _ limits: WireLimits, homeRegion: String
  ) throws(RequestRefusal) {
    try limits.name(name)
    try limits.settle(pageSize: &pageSize, token: pageToken)
  }
}

extension API.TransferLeadershipRequest: ReadRequest {
  package func settle(_ limits: WireLimits, homeRegion: String) throws(RequestRefusal) {}
}

extension API.ChangeMembersRequest: ReadRequest {
  package func settle(_ limits: WireLimits, homeRegion: String) throws(RequestRefusal) {}
}

extension API.DescribeClusterRequest: ReadRequest {
  package func settle(_ limits: WireLimits, homeRegion: String) throws(RequestRefusal) {}
}

extension API.DescribeNodeRequest: ReadRequest {
  package func settle(_ limits: WireLimits, homeRegion: String) throws(RequestRefusal) {}
}
