// Reads of one shard's ledger or of the catalog.

import GRPCTransport
import NodeCore
import Primitives
import StockLedger
import WireFormat

extension Dispatcher {
  func read(
    _ call: CallHandle, _ method: HoldfastMethod, _ message: UnsafeRawBufferPointer,
    _ context: CallContext
  ) throws(RequestRefusal) {
    let query = try unsafe decode(method, message)
    let route = try route(of: query)
    guard route.members.contains(node) else {
      // A node without a member sends the read on; any member can answer it.
      let target = query.read == .stale ? route.guess : route.leader
      return try unsafe forward(call, method, message, context, route, to: target)
    }
    let atLeast = try atLeast(query.atLeast, of: route.shard)
    let pending = PendingRead(call: call, answer: query.answer)
    let consistency: ReadConsistency = query.read == .stale ? .stale : .linearizable
    let lane = hub.lanes[route.lane]
    let shard = route.shard
    hub.hop(from: hub.lanes[index], to: route.lane) {
      lane.read(pending, shard: shard, consistency: consistency, atLeast: atLeast)
    }
  }

  private func decode(
    _ method: HoldfastMethod, _ message: UnsafeRawBufferPointer
  ) throws(RequestRefusal) -> LedgerQuery {
    switch method {
    case .getReservation:
      try unsafe LedgerQuery(decoder.read(method, message, as: API.GetReservationRequest.self))
    case .listReservations:
      try unsafe LedgerQuery(decoder.read(method, message, as: API.ListReservationsRequest.self))
    case .queryAvailability:
      try unsafe LedgerQuery(decoder.read(method, message, as: API.QueryAvailabilityRequest.self))
    case .getPosition:
      try unsafe LedgerQuery(decoder.read(method, message, as: API.GetPositionRequest.self))
    case .getSku:
      try unsafe LedgerQuery(decoder.read(method, message, as: API.GetSkuRequest.self))
    case .getLocation:
      try unsafe LedgerQuery(decoder.read(method, message, as: API.GetLocationRequest.self))
    case .getPool:
      try unsafe LedgerQuery(decoder.read(method, message, as: API.GetPoolRequest.self))
    case .getAccount:
      try unsafe LedgerQuery(decoder.read(method, message, as: API.GetAccountRequest.self))
    case .listSkus:
      try unsafe LedgerQuery(decoder.read(method, message, as: API.ListSkusRequest.self))
    case .listLocations:
      try unsafe LedgerQuery(decoder.read(method, message, as: API.ListLocationsRequest.self))
    case .listPools:
      try unsafe LedgerQuery(decoder.read(method, message, as: API.ListPoolsRequest.self))
    case .listAccounts:
      try unsafe LedgerQuery(decoder.read(method, message, as: API.ListAccountsRequest.self))
    default: throw RequestRefusal(.internal, "\(method) is no read")
    }
  }

  private func route(of query: LedgerQuery) throws(RequestRefusal) -> Route {
    switch query.target {
    case .catalog: return try knownRoute(.meta)
    case .shard(let pool, let region):
      let found = unsafe pool.withUnsafeBytes { pool in
        unsafe region.withUnsafeBytes { unsafe routes.find(pool: pool, region: $0) }
      }
      guard let found else { throw unknownShard(pool: pool, region: region) }
      return found
    case .account(let key):
      guard let home = routes.catalog.home(ofAccount: key) else {
        throw unknown(.unknownAccount)
      }
      return try knownRoute(home)
    }
  }

  private func atLeast(
    _ position: API.Position?, of shard: ShardID
  ) throws(RequestRefusal) -> LogIndex? {
    guard let position else { return nil }
    guard position.shard == shard.rawValue else {
      throw RequestRefusal(
        .invalidField,
        "at_least names shard \(position.shard), but the read is of \(shard.rawValue)")
    }
    return LogIndex(position.index)
  }
}
