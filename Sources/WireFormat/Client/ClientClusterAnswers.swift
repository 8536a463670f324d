/// A node.
package struct ClientNode: ClientAnswer, Hashable {
  package var id: UInt64 = 0
  package var region = ""
  package var zone = ""
  package var state: UInt64 = 0
  /// The address for clients with TLS.
  package var address = ""

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: id = field.number64
      case 2: region = field.text
      case 3: zone = field.text
      case 4: state = field.number64
      case 5: address = field.text
      default: break
      }
    }
    guard fine else { return nil }
  }

  package var stateName: String {
    let names = ["UNSPECIFIED", "STARTING", "SERVING", "DRAINING", "UNREACHABLE"]
    return state < UInt64(names.count) ? names[Int(state)] : "\(state)"
  }
}

/// A node's seat in a shard.
package struct ClientMember: ClientAnswer, Hashable {
  package var id: UInt64 = 0
  package var role: UInt64 = 0
  package var match: UInt64 = 0
  package var node: UInt64 = 0
  package var digest: [UInt8] = []
  package var applied: UInt64 = 0

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: id = field.number64
      case 2: role = field.number64
      case 3: match = field.number64
      case 4: node = field.number64
      case 5: digest = field.blob
      case 6: applied = field.number64
      default: break
      }
    }
    guard fine else { return nil }
  }

  package var roleName: String {
    let names = ["UNSPECIFIED", "LEADER", "FOLLOWER", "CANDIDATE", "LEARNER"]
    return role < UInt64(names.count) ? names[Int(role)] : "\(role)"
  }
}

/// A shard.
package struct ClientShard: ClientAnswer, Hashable {
  package var id: UInt64 = 0
  package var pool = ""
  package var region = ""
  package var leader: UInt64 = 0
  package var term: UInt64 = 0
  package var commit: UInt64 = 0
  package var applied: UInt64 = 0
  package var digest: [UInt8] = []
  package var digestIndex: UInt64 = 0
  package var members: [ClientMember] = []
  package var catalogVersion: UInt64 = 0
  package var reservationsMade: UInt64 = 0
  package var liveReservations: UInt64 = 0

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: id = field.number64
      case 2: pool = field.text
      case 3: region = field.text
      case 4: leader = field.number64
      case 5: term = field.number64
      case 6: commit = field.number64
      case 7: applied = field.number64
      case 8: digest = field.blob
      case 9: digestIndex = field.number64
      case 10: if let member: ClientMember = field.message() { members.append(member) }
      case 12: catalogVersion = field.number64
      case 13: reservationsMade = field.number64
      case 14: liveReservations = field.number64
      default: break
      }
    }
    guard fine else { return nil }
  }
}

/// The answer to DescribeCluster.
package struct ClientCluster: ClientAnswer {
  package var nodes: [ClientNode] = []
  package var shards: [ClientShard] = []
  package var answeredBy: UInt64 = 0

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: if let node: ClientNode = field.message() { nodes.append(node) }
      case 2: if let shard: ClientShard = field.message() { shards.append(shard) }
      case 3: answeredBy = field.number64
      default: break
      }
    }
    guard fine else { return nil }
  }
}

/// The answer to DescribeNode, without its seats.
package struct ClientNodeAnswer: ClientAnswer {
  package var node: ClientNode?
  package var cpuNanoseconds: Int64 = 0
  package var residentBytes: UInt64 = 0
  package var callsAnswered: UInt64 = 0
  package var syncs: UInt64 = 0
  package var syncP50Nanoseconds: Int64 = 0
  package var syncP99Nanoseconds: Int64 = 0
  package var version = ""

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: node = field.message()
      case 4: cpuNanoseconds = field.nanoseconds()
      case 5: residentBytes = field.number64
      case 6: callsAnswered = field.number64
      case 7: syncs = field.number64
      case 9: syncP50Nanoseconds = field.nanoseconds()
      case 10: syncP99Nanoseconds = field.nanoseconds()
      case 11: version = field.text
      default: break
      }
    }
    guard fine else { return nil }
  }
}

/// An item of the catalog: a SKU, location, pool or account, told apart by what was asked for.
package struct ClientCatalogItem: Hashable, Sendable {
  package var names: [String] = []
  package var details: [String] = []
  package var version: UInt64 = 0
}

/// The answer to a catalog list or get.
package struct ClientCatalogPage: Sendable {
  package var items: [ClientCatalogItem] = []
  package var nextPageToken = ""

  /// Reads the answer to `method`.
  package init?(_ method: HoldfastMethod, _ bytes: [UInt8]) {
    let fine = unsafe bytes.withUnsafeBytes { bytes in
      unsafe ProtoReader.each(bytes) { field in
        if field.number == 1, field.wireType == 2 {
          if let item = unsafe Self.item(method, field.content) {
            items.append(item)
          } else {
            _ = field.fail()
          }
        }
        if field.number == 2 { nextPageToken = field.text }
      }
    }
    guard fine else { return nil }
  }

  private static func item(
    _ method: HoldfastMethod, _ bytes: UnsafeRawBufferPointer
  ) -> ClientCatalogItem? {
    var item = ClientCatalogItem()
    let fine =
      switch method {
      case .getSku, .listSkus: unsafe readSku(&item, bytes)
      case .getLocation, .listLocations: unsafe readTexts(&item, bytes, names: 1, details: 3)
      case .getPool, .listPools: unsafe readTexts(&item, bytes, names: 1, details: 3)
      default: unsafe readTexts(&item, bytes, names: 3, details: 4)
      }
    return fine ? item : nil
  }

  private static func readSku(
    _ item: inout ClientCatalogItem, _ bytes: UnsafeRawBufferPointer
  ) -> Bool {
    unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: item.names.append(field.text)
      case 2: item.details.append("base \(field.text)")
      case 3:
        guard field.wireType == 2 else { return }
        var unit = ""
        var each: Int64 = 0
        _ = unsafe ProtoReader.each(field.content) { part in
          if part.number == 1 { unit = part.text }
          if part.number == 2 { each = part.int64 }
        }
        item.details.append("\(unit) = \(each)")
      case 4: item.details.append(field.flag ? "active" : "inactive")
      case 5: item.version = field.number64
      default: break
      }
    }
  }

  private static func readTexts(
    _ item: inout ClientCatalogItem, _ bytes: UnsafeRawBufferPointer, names: UInt32,
    details: UInt32
  ) -> Bool {
    unsafe ProtoReader.each(bytes) { field in
      if field.wireType == 2 {
        if field.number <= names { item.names.append(field.text) }
        if field.number > names, field.number <= details { item.details.append(field.text) }
      } else if names == 3, field.number == 5 {
        item.details.append("buffer \(field.int64)")
      } else {
        item.version = field.number64
      }
    }
  }
}

/// One event of a reservation's history.
package struct ClientTraceEvent: ClientAnswer {
  package var kind: UInt64 = 0
  package var position = ClientPosition()
  package var logTime: Int64 = 0
  package var requestID = ""
  package var outcome = ClientOutcome.unspecified
  package var refusal = ""
  package var lines: [ClientLineResult] = []
  package var catalogVersion: UInt64 = 0

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: kind = field.number64
      case 2: position = field.message() ?? position
      case 3: logTime = field.milliseconds()
      case 4: requestID = field.text
      case 5: outcome = .init(rawValue: UInt8(clamping: field.number64)) ?? .unspecified
      case 6: refusal = field.text
      case 7: if let line: ClientLineResult = field.message() { lines.append(line) }
      case 9: catalogVersion = field.number64
      default: break
      }
    }
    guard fine else { return nil }
  }

  package var kindName: String {
    let names = [
      "UNSPECIFIED", "RESERVE", "CONFIRM", "EXTEND", "RELEASE", "FULFILL", "EXPIRE",
    ]
    return kind < UInt64(names.count) ? names[Int(kind)] : "\(kind)"
  }
}

/// The history of a reservation.
package struct ClientTrace: ClientAnswer {
  package var events: [ClientTraceEvent] = []
  package var nextPageToken = ""
  package var journalFirstIndex: UInt64 = 0

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: if let event: ClientTraceEvent = field.message() { events.append(event) }
      case 2: nextPageToken = field.text
      case 3: journalFirstIndex = field.number64
      default: break
      }
    }
    guard fine else { return nil }
  }
}
