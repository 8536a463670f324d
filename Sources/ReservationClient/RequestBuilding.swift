// Requests in one expression.

package import WireFormat

/// A stock account by its name.
package struct AccountKey: Hashable, Sendable {
  package var sku: String
  package var location: String
  package var owner: String

  package init(sku: String, location: String, owner: String) {
    self.sku = sku
    self.location = location
    self.owner = owner
  }
}

extension API.ReserveLine {
  package init(sku: String, quantity: Int64, unit: String = "", location: String = "") {
    self.init()
    self.sku = sku
    self.quantity = quantity
    self.unit = unit
    self.location = location
  }
}

extension API.SkuQuantity {
  package init(sku: String, quantity: Int64) {
    self.init()
    self.sku = sku
    self.quantity = quantity
  }
}

extension API.ReserveRequest {
  package init(pool: String, region: String, orderID: String, lines: [API.ReserveLine]) {
    self.init()
    self.pool = pool
    self.region = region
    self.orderID = orderID
    self.lines = lines
  }
}

extension API.ConfirmRequest {
  package init(name: String, onExpired: API.OnExpired = .refuse) {
    self.init()
    self.name = name
    self.onExpired = onExpired
  }
}

extension API.ReleaseRequest {
  package init(name: String, lines: [API.SkuQuantity] = []) {
    self.init()
    self.name = name
    self.lines = lines
  }
}

extension API.GetReservationRequest {
  package init(name: String) {
    self.init()
    self.name = name
  }
}

extension API.AdjustSupplyRequest {
  package init(source: String, account: AccountKey, delta: Int64) {
    self.init()
    self.source = source
    sku = account.sku
    location = account.location
    owner = account.owner
    self.delta = delta
  }
}

extension API.SyncSupplyRow {
  package init(account: AccountKey, onHand: Int64) {
    self.init()
    sku = account.sku
    location = account.location
    owner = account.owner
    self.onHand = onHand
  }

  package var account: AccountKey { AccountKey(sku: sku, location: location, owner: owner) }
}

extension API.GetPositionRequest {
  package init(account: AccountKey) {
    self.init()
    sku = account.sku
    location = account.location
    owner = account.owner
  }
}

extension API.PutSkuRequest {
  package init(sku: String, baseUnit: String = "each") {
    self.init()
    self.sku = sku
    self.baseUnit = baseUnit
    active = true
  }
}

extension API.PutLocationRequest {
  package init(location: String, region: String, zone: String) {
    self.init()
    self.location = location
    self.region = region
    self.zone = zone
  }
}

extension API.PutPoolRequest {
  /// Locations in the order of assignment.
  package init(pool: String, regions: [String], locations: [String]) {
    self.init()
    self.pool = pool
    self.regions = regions
    self.locations = locations
  }
}

extension API.PutAccountRequest {
  package init(account: AccountKey, pool: String, buffer: Int64 = 0) {
    self.init()
    sku = account.sku
    location = account.location
    owner = account.owner
    self.pool = pool
    self.buffer = buffer
  }
}
