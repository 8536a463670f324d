/// One line of an order.
package struct ClientLine: Hashable, Sendable {
  package var sku: String
  package var quantity: Int64
  /// Empty: the SKU's base unit.
  package var unit: String
  /// Empty: the pool's locations in their order.
  package var location: String

  package init(sku: String, quantity: Int64, unit: String = "", location: String = "") {
    self.sku = sku
    self.quantity = quantity
    self.unit = unit
    self.location = location
  }
}

/// Reserve.
package struct ClientReserve: ClientRequest {
  package static var method: HoldfastMethod { .reserve }
  package var stamp: ClientStamp
  package var pool: String
  package var region: String
  package var orderID: String
  package var customer = ""
  package var channel = ""
  package var lines: [ClientLine]
  /// 0: the server's default.
  package var ttlMilliseconds: Int64 = 0
  package var partial = false
  package var requiredBy: CivilDate?

  package init(
    stamp: ClientStamp, pool: String, region: String, orderID: String, lines: [ClientLine]
  ) {
    self.stamp = stamp
    self.pool = pool
    self.region = region
    self.orderID = orderID
    self.lines = lines
  }

  package func encoded() -> [UInt8] { ProtoWriter.message { write(into: &$0) } }

  func write(into out: inout ProtoWriter) {
    out.put(1, stamp.requestID)
    out.put(2, sentAt: stamp.firstSentAt)
    out.put(3, pool)
    out.put(4, region)
    out.put(5, orderID)
    out.put(6, customer)
    out.put(7, channel)
    for line in lines {
      let mark = out.begin(8)
      out.put(1, line.sku)
      out.put(2, line.quantity)
      out.put(3, line.unit)
      out.put(4, line.location)
      out.end(mark)
    }
    if ttlMilliseconds > 0 { out.put(9, duration: ttlMilliseconds * 1_000_000) }
    out.put(10, UInt64(partial ? 2 : 1))
    out.put(11, date: requiredBy)
  }
}

/// BatchReserve.
package struct ClientBatchReserve: ClientRequest {
  package static var method: HoldfastMethod { .batchReserve }
  package var requests: [ClientReserve]

  package init(requests: [ClientReserve]) { self.requests = requests }

  package func encoded() -> [UInt8] {
    ProtoWriter.message { out in
      for request in requests {
        let mark = out.begin(1)
        request.write(into: &out)
        out.end(mark)
      }
    }
  }
}

/// Confirm.
package struct ClientConfirm: ClientRequest {
  package static var method: HoldfastMethod { .confirm }
  package var stamp: ClientStamp
  package var name: String
  /// After the deadline, take the same lines again.
  package var reacquire: Bool

  package init(stamp: ClientStamp, name: String, reacquire: Bool = false) {
    self.stamp = stamp
    self.name = name
    self.reacquire = reacquire
  }

  package func encoded() -> [UInt8] {
    ProtoWriter.message { out in
      out.put(1, stamp.requestID)
      out.put(2, name)
      out.put(3, UInt64(reacquire ? 2 : 1))
      out.put(4, sentAt: stamp.firstSentAt)
    }
  }
}

/// Extend.
package struct ClientExtend: ClientRequest {
  package static var method: HoldfastMethod { .extend }
  package var stamp: ClientStamp
  package var name: String
  package var ttlMilliseconds: Int64

  package init(stamp: ClientStamp, name: String, ttlMilliseconds: Int64) {
    self.stamp = stamp
    self.name = name
    self.ttlMilliseconds = ttlMilliseconds
  }

  package func encoded() -> [UInt8] {
    ProtoWriter.message { out in
      out.put(1, stamp.requestID)
      out.put(2, name)
      if ttlMilliseconds > 0 { out.put(3, duration: ttlMilliseconds * 1_000_000) }
      out.put(4, sentAt: stamp.firstSentAt)
    }
  }
}

/// Units of a SKU.
package struct ClientSkuQuantity: Hashable, Sendable {
  package var sku: String
  package var quantity: Int64

  package init(sku: String, quantity: Int64) {
    self.sku = sku
    self.quantity = quantity
  }
}

extension ProtoWriter {
  fileprivate mutating func put(_ field: UInt32, lines: [ClientSkuQuantity]) {
    for line in lines {
      let mark = begin(field)
      put(1, line.sku)
      put(2, line.quantity)
      end(mark)
    }
  }
}

/// Release.
package struct ClientRelease: ClientRequest {
  package static var method: HoldfastMethod { .release }
  package var stamp: ClientStamp
  package var name: String
  /// None: all that is left.
  package var lines: [ClientSkuQuantity]

  package init(stamp: ClientStamp, name: String, lines: [ClientSkuQuantity] = []) {
    self.stamp = stamp
    self.name = name
    self.lines = lines
  }

  package func encoded() -> [UInt8] {
    ProtoWriter.message { out in
      out.put(1, stamp.requestID)
      out.put(2, name)
      out.put(3, lines: lines)
      out.put(4, sentAt: stamp.firstSentAt)
    }
  }
}

/// Fulfill.
package struct ClientFulfill: ClientRequest {
  package static var method: HoldfastMethod { .fulfill }
  package var stamp: ClientStamp
  package var name: String
  /// None: all that is left.
  package var lines: [ClientSkuQuantity] = []
  package var source = ""
  /// 0: the source has none.
  package var sourceSequence: UInt64 = 0

  package init(stamp: ClientStamp, name: String) {
    self.stamp = stamp
    self.name = name
  }

  package func encoded() -> [UInt8] {
    ProtoWriter.message { out in
      out.put(1, stamp.requestID)
      out.put(2, name)
      out.put(3, lines: lines)
      out.put(4, source)
      out.put(5, sourceSequence)
      out.put(6, sentAt: stamp.firstSentAt)
    }
  }
}

/// GetReservation.
package struct ClientGetReservation: ClientRequest {
  package static var method: HoldfastMethod { .getReservation }
  package var name: String
  package var stale = false
  package var atLeast: ClientPosition?

  package init(name: String) { self.name = name }

  package func encoded() -> [UInt8] {
    ProtoWriter.message { out in
      out.put(1, name)
      out.put(2, stale: stale)
      out.put(3, position: atLeast)
    }
  }
}

/// ListReservations.
package struct ClientListReservations: ClientRequest {
  package static var method: HoldfastMethod { .listReservations }
  package var pool: String
  package var region: String
  package var page: ClientPage
  package var orderID = ""
  package var customer = ""

  package init(pool: String, region: String, page: ClientPage = ClientPage()) {
    self.pool = pool
    self.region = region
    self.page = page
  }

  package func encoded() -> [UInt8] {
    ProtoWriter.message { out in
      out.put(1, pool)
      out.put(2, region)
      out.put(3, UInt64(page.size))
      out.put(4, page.token)
      out.put(6, orderID)
      out.put(7, customer)
    }
  }
}
