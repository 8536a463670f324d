/// A further unit of a SKU.
package struct ClientSkuUnit: Hashable, Sendable {
  package var unit: String
  package var baseUnitsEach: Int64

  package init(unit: String, baseUnitsEach: Int64) {
    self.unit = unit
    self.baseUnitsEach = baseUnitsEach
  }
}

/// PutSku.
package struct ClientPutSku: ClientRequest {
  package static var method: HoldfastMethod { .putSku }
  package var stamp: ClientStamp
  package var sku: String
  package var baseUnit: String
  package var units: [ClientSkuUnit]
  package var active: Bool

  package init(
    stamp: ClientStamp, sku: String, baseUnit: String = "each", units: [ClientSkuUnit] = [],
    active: Bool = true
  ) {
    self.stamp = stamp
    self.sku = sku
    self.baseUnit = baseUnit
    self.units = units
    self.active = active
  }

  package func encoded() -> [UInt8] {
    ProtoWriter.message { out in
      out.put(1, stamp.requestID)
      out.put(2, sku)
      out.put(3, baseUnit)
      for unit in units {
        let mark = out.begin(4)
        out.put(1, unit.unit)
        out.put(2, unit.baseUnitsEach)
        out.end(mark)
      }
      out.put(5, active)
      out.put(6, sentAt: stamp.firstSentAt)
    }
  }
}

/// PutLocation.
package struct ClientPutLocation: ClientRequest {
  package static var method: HoldfastMethod { .putLocation }
  package var stamp: ClientStamp
  package var location: String
  package var region: String
  package var zone: String

  package init(stamp: ClientStamp, location: String, region: String, zone: String = "") {
    self.stamp = stamp
    self.location = location
    self.region = region
    self.zone = zone
  }

  package func encoded() -> [UInt8] {
    ProtoWriter.message { out in
      out.put(1, stamp.requestID)
      out.put(2, location)
      out.put(3, region)
      out.put(4, zone)
      out.put(5, sentAt: stamp.firstSentAt)
    }
  }
}

/// PutPool.
package struct ClientPutPool: ClientRequest {
  package static var method: HoldfastMethod { .putPool }
  package var stamp: ClientStamp
  package var pool: String
  package var regions: [String]
  /// In the order of assignment.
  package var locations: [String]

  package init(stamp: ClientStamp, pool: String, regions: [String], locations: [String]) {
    self.stamp = stamp
    self.pool = pool
    self.regions = regions
    self.locations = locations
  }

  package func encoded() -> [UInt8] {
    ProtoWriter.message { out in
      out.put(1, stamp.requestID)
      out.put(2, pool)
      out.put(3, each: regions)
      out.put(4, each: locations)
      out.put(5, sentAt: stamp.firstSentAt)
    }
  }
}

/// PutAccount.
package struct ClientPutAccount: ClientRequest {
  package static var method: HoldfastMethod { .putAccount }
  package var stamp: ClientStamp
  package var account: ClientAccountKey
  package var pool: String
  package var buffer: Int64

  package init(stamp: ClientStamp, account: ClientAccountKey, pool: String, buffer: Int64 = 0) {
    self.stamp = stamp
    self.account = account
    self.pool = pool
    self.buffer = buffer
  }

  package func encoded() -> [UInt8] {
    ProtoWriter.message { out in
      out.put(1, stamp.requestID)
      out.put(2, account.sku)
      out.put(3, account.location)
      out.put(4, account.owner)
      out.put(5, pool)
      out.put(6, buffer)
      out.put(7, sentAt: stamp.firstSentAt)
    }
  }
}

/// GetSku, GetLocation or GetPool: the item is named by one text.
package struct ClientGetItem: Sendable {
  package var method: HoldfastMethod
  package var name: String

  package init(_ method: HoldfastMethod, name: String) {
    self.method = method
    self.name = name
  }

  package func encoded() -> [UInt8] { ProtoWriter.message { $0.put(1, name) } }
}

/// GetAccount.
package struct ClientGetAccount: ClientRequest {
  package static var method: HoldfastMethod { .getAccount }
  package var account: ClientAccountKey

  package init(account: ClientAccountKey) { self.account = account }

  package func encoded() -> [UInt8] {
    ProtoWriter.message { out in
      out.put(1, account.sku)
      out.put(2, account.location)
      out.put(3, account.owner)
    }
  }
}

/// ListSkus, ListLocations, ListPools or ListAccounts.
package struct ClientListItems: Sendable {
  package var method: HoldfastMethod
  /// Only accounts have one: those of this pool.
  package var pool: String
  package var page: ClientPage

  package init(_ method: HoldfastMethod, pool: String = "", page: ClientPage = ClientPage()) {
    self.method = method
    self.pool = pool
    self.page = page
  }

  package func encoded() -> [UInt8] {
    ProtoWriter.message { out in
      let first: UInt32 = method == .listAccounts ? 2 : 1
      if method == .listAccounts { out.put(1, pool) }
      out.put(first, UInt64(page.size))
      out.put(first + 1, page.token)
    }
  }
}
