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
    if method == .queryAvailability, let query = unsafe decoder.hotAvailability(message) {
      let route = try unsafe route(pool: query.pool, region: query.region)
      let place = try place(on: route, query.read, query.atLeast)
      guard let place else {
        return try unsafe sendOn(call, method, message, context, route, query.read)
      }
      return readOutbox.append(call, place, query)
    }
    let query = try unsafe decode(method, message)
    let route: Route
    do throws(RequestRefusal) {
      route = try self.route(of: query)
    } catch {
      guard error.reason == .unknownAccount, query.read != .stale,
        case .account(let key) = query.target
      else { throw error }
      return try makeSure(of: key, call)
    }
    guard let place = try place(on: route, query.read, query.atLeast) else {
      return try unsafe sendOn(call, method, message, context, route, query.read)
    }
    readOutbox.append(call, place, query.question)
  }

  /// An account that this node's copy of the catalog lacks may have been put a moment ago: that it is
  /// unknown is said after a linearizable read of the catalog only.
  func makeSure(of account: AccountKey, _ call: CallHandle) throws(RequestRefusal) {
    let query = LedgerQuery(whyUnknown: account)
    guard let place = try place(on: knownRoute(.meta), query.read, nil) else {
      throw RequestRefusal(.unknownAccount)
    }
    readOutbox.append(call, place, query.question)
  }

  /// A node without a member sends the read on; any member can answer it.
  private func sendOn(
    _ call: CallHandle, _ method: HoldfastMethod, _ message: UnsafeRawBufferPointer,
    _ context: CallContext, _ route: Route, _ read: API.Read
  ) throws(RequestRefusal) {
    let target = read == .stale ? routes.guess(route) : route.leader
    try unsafe forward(call, method, message, context, route, to: target)
  }

  /// Nil on a node without a member.
  private func place(
    on route: Route, _ read: API.Read, _ atLeast: API.Position?
  ) throws(RequestRefusal) -> ReadPlace? {
    guard route.members.contains(node) else { return nil }
    return ReadPlace(
      shard: route.shard, lane: route.lane, consistency: read == .stale ? .stale : .linearizable,
      atLeast: try self.atLeast(atLeast, of: route.shard))
  }

  /// Ends a burst: sends the reads that were gathered to their lanes.
  func submitReads() {
    readOutbox.drain { batch, number in
      let lane = hub.lanes[number]
      hub.hop(from: hub.lanes[index], to: number) { lane.read(batch) }
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
