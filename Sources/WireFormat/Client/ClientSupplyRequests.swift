/// QueryAvailability.
package struct ClientQueryAvailability: ClientRequest {
  package static var method: HoldfastMethod { .queryAvailability }
  package var pool: String
  package var region: String
  package var skus: [String]
  package var date: CivilDate?
  package var stale = false

  package init(pool: String, region: String, skus: [String]) {
    self.pool = pool
    self.region = region
    self.skus = skus
  }

  package func encoded() -> [UInt8] {
    ProtoWriter.message { out in
      out.put(1, pool)
      out.put(2, region)
      out.put(3, each: skus)
      out.put(4, date: date)
      out.put(5, stale: stale)
    }
  }
}

/// A stock account by its name.
package struct ClientAccountKey: Hashable, Sendable {
  package var sku: String
  package var location: String
  package var owner: String

  package init(sku: String, location: String, owner: String) {
    self.sku = sku
    self.location = location
    self.owner = owner
  }
}

/// AdjustSupply.
package struct ClientAdjustSupply: ClientRequest {
  package static var method: HoldfastMethod { .adjustSupply }
  package var stamp: ClientStamp
  package var source: String
  /// 0: the source has none.
  package var sourceSequence: UInt64 = 0
  package var account: ClientAccountKey
  package var delta: Int64
  package var availableOn: CivilDate?
  /// Milliseconds since 1970; 0: not known.
  package var occurredAt: Int64 = 0
  package var reference = ""

  package init(stamp: ClientStamp, source: String, account: ClientAccountKey, delta: Int64) {
    self.stamp = stamp
    self.source = source
    self.account = account
    self.delta = delta
  }

  package func encoded() -> [UInt8] {
    ProtoWriter.message { out in
      out.put(1, stamp.requestID)
      out.put(2, source)
      out.put(3, sourceSequence)
      out.put(4, account.sku)
      out.put(5, account.location)
      out.put(6, account.owner)
      out.put(7, delta)
      out.put(8, date: availableOn)
      out.put(9, sentAt: occurredAt)
      out.put(10, reference)
      out.put(11, sentAt: stamp.firstSentAt)
    }
  }
}

/// SyncSupply.
package struct ClientSyncSupply: ClientRequest {
  package static var method: HoldfastMethod { .syncSupply }

  package struct Inbound: Hashable, Sendable {
    package var availableOn: CivilDate
    package var quantity: Int64
    package var reference: String

    package init(availableOn: CivilDate, quantity: Int64, reference: String = "") {
      self.availableOn = availableOn
      self.quantity = quantity
      self.reference = reference
    }
  }

  package struct Row: Hashable, Sendable {
    package var account: ClientAccountKey
    package var onHand: Int64
    package var inbound: [Inbound]

    package init(account: ClientAccountKey, onHand: Int64, inbound: [Inbound] = []) {
      self.account = account
      self.onHand = onHand
      self.inbound = inbound
    }
  }

  package var stamp: ClientStamp
  package var source: String
  package var sourceVersion: UInt64
  /// Milliseconds since 1970; 0: not known.
  package var countedAt: Int64
  package var rows: [Row]

  package init(
    stamp: ClientStamp, source: String, sourceVersion: UInt64, countedAt: Int64, rows: [Row]
  ) {
    self.stamp = stamp
    self.source = source
    self.sourceVersion = sourceVersion
    self.countedAt = countedAt
    self.rows = rows
  }

  package func encoded() -> [UInt8] {
    ProtoWriter.message { out in
      out.put(1, stamp.requestID)
      out.put(2, source)
      out.put(3, sourceVersion)
      out.put(4, sentAt: countedAt)
      for row in rows { write(row, into: &out) }
      out.put(6, sentAt: stamp.firstSentAt)
    }
  }

  private func write(_ row: Row, into out: inout ProtoWriter) {
    let mark = out.begin(5)
    out.put(1, row.account.sku)
    out.put(2, row.account.location)
    out.put(3, row.account.owner)
    out.put(4, row.onHand)
    for inbound in row.inbound {
      let mark = out.begin(5)
      out.put(1, date: inbound.availableOn)
      out.put(2, inbound.quantity)
      out.put(3, inbound.reference)
      out.end(mark)
    }
    out.end(mark)
  }
}

/// GetPosition.
package struct ClientGetPosition: ClientRequest {
  package static var method: HoldfastMethod { .getPosition }
  package var account: ClientAccountKey
  package var stale = false

  package init(account: ClientAccountKey) { self.account = account }

  package func encoded() -> [UInt8] {
    ProtoWriter.message { out in
      out.put(1, account.sku)
      out.put(2, account.location)
      out.put(3, account.owner)
      out.put(4, stale: stale)
    }
  }
}

/// TraceReservation.
package struct ClientTraceReservation: ClientRequest {
  package static var method: HoldfastMethod { .traceReservation }
  package var name: String
  package var page: ClientPage

  package init(name: String, page: ClientPage = ClientPage()) {
    self.name = name
    self.page = page
  }

  package func encoded() -> [UInt8] {
    ProtoWriter.message { out in
      out.put(1, name)
      out.put(2, UInt64(page.size))
      out.put(3, page.token)
    }
  }
}

/// DescribeCluster.
package struct ClientDescribeCluster: ClientRequest {
  package static var method: HoldfastMethod { .describeCluster }
  package init() {}
  package func encoded() -> [UInt8] { [] }
}

/// DescribeNode.
package struct ClientDescribeNode: ClientRequest {
  package static var method: HoldfastMethod { .describeNode }
  package init() {}
  package func encoded() -> [UInt8] { [] }
}
