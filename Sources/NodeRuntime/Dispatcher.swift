// Takes the calls of one event loop: decodes them, sends each burst's commands to their lanes, and
// writes the answers.

import GRPCTransport
import NIOCore
import NodeCore
import Primitives
import StockLedger
import WireFormat

/// One per event loop; used on that loop only.
final class Dispatcher: @unchecked Sendable {  // every member is used on `loop.eventLoop` only
  let index: Int
  let hub: Hub
  let server: ServerLoop
  var routes: Routes
  var calls: CallTable
  var decoder: RequestDecoder
  var outbox = Outbox()
  var readOutbox: ReadOutbox
  var random: SeededRandom
  /// The millisecond that minted ids carry; read once per burst.
  var wall: Int64 = 0
  private var shardNames: [ShardID: ShardNames] = [:]
  /// Streaming calls by their handles.
  var streams: [CallHandle: any StreamingCall] = [:]
  /// Where responses are written before they go to the transport; reused.
  var response: [UInt8] = []
  /// False until the ledgers are where they were when the node stopped. Calls are taken all the
  /// same: each is answered in its shard's turn, or refused by what its shard is.
  var hasStarted = false
  /// False while the node stops: what comes then is told to go elsewhere.
  var isServing = true
  /// The last step of a stop: peers are not listened to any more.
  var hasEndedStreams = false
  private(set) var callsAnswered: UInt64 = 0
  var refusals = RefusalTally()

  init(server: ServerLoop, hub: Hub) {
    self.server = server
    self.hub = hub
    index = server.index
    calls = CallTable(loop: server.index)
    readOutbox = ReadOutbox(lanes: hub.settings.lanes)
    let own = hub.settings.core
    routes = Routes(others: own.nodes.map(\.id).filter { $0 != own.node })
    decoder = RequestDecoder(homeRegion: own.nodes.first { $0.id == own.node }!.region)
    random = SeededRandom(seed: own.seed ^ UInt64(server.index) << 32)
  }

  var node: NodeID { hub.settings.core.node }

  func flush() { server.flush() }

  /// Ends a burst: sends the commands that were gathered to their lanes.
  func submitCommands() {
    wall = 0
    outbox.drain { batch, lane in submit(batch, to: lane) }
  }

  func mint() -> MintedID {
    if wall == 0 { wall = SystemClock.now().wall }
    return MintedID(milliseconds: wall, random: &random)
  }
}

extension Dispatcher: CallDispatcher {
  func unary(
    _ call: CallHandle, method: Int, message: UnsafeRawBufferPointer, context: CallContext
  ) {
    let method = HoldfastMethod(rawValue: method)!
    let asked = regionAsked(context)
    if let asked { decoder.setHomeRegion(asked) }
    defer { if asked != nil { decoder.setHomeRegion(hub.seat(node)!.region) } }
    do throws(RequestRefusal) {
      guard isServing else { throw .retry(.notServing, afterMilliseconds: 100) }
      switch method {
      case .reserve, .confirm, .extend, .release, .fulfill, .adjustSupply, .putSku, .putLocation,
        .putPool, .putAccount:
        try unsafe command(call, method, message, context)
      case .batchReserve: try unsafe batch(call, message, context)
      case .syncSupply: try unsafe sync(call, message, context)
      case .describeCluster, .describeNode: try unsafe describe(call, method, message, context)
      case .transferLeadership, .changeMembers: try unsafe change(call, method, message, context)
      case .traceReservation: try unsafe trace(call, message, context)
      default: try unsafe read(call, method, message, context)
      }
    } catch {
      refuse(call, error)
    }
  }

  func burstEnded() {
    submitCommands()
    submitReads()
    server.flush()
  }

  func submit(_ batch: SubmitBatch, to number: Int) {
    let lane = hub.lanes[number]
    guard number != index else { return lane.submit(batch) }
    lane.loop.execute { lane.submit(batch) }
  }

  func refuse(_ call: CallHandle, _ refusal: RequestRefusal) {
    server.fail(call, status: GRPCStatus(refusal))
    refusals.count(refusal.reason)
    callsAnswered += 1
  }

  func respond(_ call: CallHandle) {
    unsafe response.withUnsafeBytes { unsafe server.respond(call, message: $0) }
    callsAnswered += 1
  }
}

// One command, one answer.

extension Dispatcher {
  private func command(
    _ call: CallHandle, _ method: HoldfastMethod, _ message: UnsafeRawBufferPointer,
    _ context: CallContext
  ) throws(RequestRefusal) {
    let mark = outbox.mark
    let command = try unsafe decoder.command(
      method, message, minted: mint(), into: &outbox.writer)
    let route: Route
    do throws(RequestRefusal) {
      route = try self.route(of: command)
    } catch {
      let account = command.account
      outbox.rewind(to: mark)
      guard error.reason == .unknownAccount else { throw error }
      return try makeSure(of: account, call)
    }
    guard route.leader == node else {
      outbox.rewind(to: mark)
      return try unsafe forward(call, method, message, context, route)
    }
    if let refusal = diskRefusal(method) {
      outbox.rewind(to: mark)
      throw refusal
    }
    let token = calls.insert(
      WaitingCall(call: call, method: method, requestID: command.requestID))
    outbox.commit(from: mark, shard: route.shard, lane: route.lane, token: token)
  }

  /// The shard that a command is for: a function of its body and the catalog alone (rule Q1).
  func route(of command: CommandRoute) throws(RequestRefusal) -> Route {
    switch command.target {
    case .catalog: return try knownRoute(.meta)
    case .shard: return try unsafe route(pool: command.pool, region: command.region)
    case .account:
      guard let home = routes.catalog.home(ofAccount: command.account) else {
        throw unknown(.unknownAccount)
      }
      return try knownRoute(home)
    }
  }

  func route(
    pool: UnsafeRawBufferPointer, region: UnsafeRawBufferPointer
  ) throws(RequestRefusal) -> Route {
    if let route = unsafe routes.find(pool: pool, region: region) { return route }
    throw unsafe unknownShard(pool: [UInt8](pool), region: [UInt8](region))
  }

  /// False before the catalog is what it was when the node stopped, and on a node without one.
  var knowsCatalog: Bool { hasStarted && routes.catalog.catalogVersion > 0 }

  /// What the catalog lacks; nobody can say without knowing it.
  func unknown(_ reason: ErrorReason, _ message: String? = nil) -> RequestRefusal {
    knowsCatalog
      ? RequestRefusal(reason, message) : .retry(.notServing, afterMilliseconds: 100)
  }

  func knownRoute(_ shard: ShardID) throws(RequestRefusal) -> Route {
    guard let route = routes[shard] else {
      throw .retry(.noLeader, afterMilliseconds: 100)
    }
    return route
  }

  func unknownShard(pool: [UInt8], region: [UInt8]) -> RequestRefusal {
    guard let item = routes.catalog.pool(pool) else {
      return unknown(
        .unknownPool, "there is no pool '\(String(decoding: pool, as: UTF8.self))'")
    }
    let name = String(decoding: region, as: UTF8.self)
    guard item.regions.contains(region) else {
      return unknown(.unknownRegion, "the pool has no region '\(name)'")
    }
    return .retry(.noLeader, afterMilliseconds: 100, "the shard of '\(name)' is being opened")
  }
}

// Answers.

extension Dispatcher {
  /// The outcomes of one entry, for those callers that live here.
  func deliver(_ group: ReplyGroup) {
    let point = AnswerPoint(
      shard: names(of: group.shard), index: group.index, logTime: group.logTime)
    unsafe group.outcomes.withUnsafeBytes { bytes in
      var outcomes = unsafe OutcomeReader(bytes)
      for token in group.tokens {
        guard let outcome = outcomes.next() else {
          preconditionFailure("\(group.tokens.count) tokens and \(bytes.count) bytes of outcomes")
        }
        guard let waiting = calls.remove(token) else { continue }
        answer(waiting, outcome, point)
      }
      precondition(
        outcomes.offset == bytes.count, "\(bytes.count - outcomes.offset) bytes of outcomes left")
    }
  }

  private func answer(_ waiting: WaitingCall, _ outcome: OutcomeRecord, _ point: AnswerPoint) {
    if let receiver = waiting.receiver {
      return receiver.part(waiting.part, waiting.requestID, outcome, at: point)
    }
    response.removeAll(keepingCapacity: true)
    let refusal = ResponseEncoder.command(
      waiting.method, outcome, waiting.requestID, at: point, into: &response)
    if let refusal {
      refuse(waiting.call, refusal)
    } else {
      respond(waiting.call)
    }
  }

  /// What answers say of a shard; made once for each.
  func names(of shard: ShardID) -> ShardNames {
    if let known = shardNames[shard] { return known }
    let route = routes[shard]
    let names = ShardNames(id: shard, pool: route?.pool ?? [], region: route?.region ?? [])
    if route != nil { shardNames[shard] = names }
    return names
  }

  /// A command without an outcome.
  func deliver(_ refused: Refused) {
    guard let waiting = calls.remove(refused.token) else { return }
    let refusal = refusal(for: refused.reason)
    if let receiver = waiting.receiver {
      receiver.part(waiting.part, waiting.requestID, refused: refusal)
    } else {
      refuse(waiting.call, refusal)
    }
  }

  func refusal(for reason: RefusalReason) -> RequestRefusal {
    switch reason {
    case .notLeader(let hint): notLeader(hint)
    case .overloaded(let milliseconds): .retry(.overloaded, afterMilliseconds: Int64(milliseconds))
    case .unavailable: .retry(.noLeader, afterMilliseconds: 100)
    case .ledgersDiffer: .retry(.ledgersDiffer, afterMilliseconds: 1_000)
    case .unknownOutcome: .retry(.outcomeUnknown, afterMilliseconds: 100)
    case .positionNotReached: .retry(.behind, afterMilliseconds: 100)
    }
  }

  func notLeader(_ hint: NodeID?) -> RequestRefusal {
    guard let hint, hint != node, let seat = hub.seat(hint) else {
      return .retry(.noLeader, afterMilliseconds: 100)
    }
    return .notLeader(
      node: hint.rawValue, address: String(decoding: seat.address, as: UTF8.self))
  }
}

extension GRPCTransport.StatusCode {
  /// The wire's number for the same code.
  init(_ code: WireFormat.StatusCode) {
    self = GRPCTransport.StatusCode(rawValue: UInt8(code.rawValue))!
  }
}

extension CommandRoute {
  /// Of a command that is for an account.
  fileprivate var account: AccountKey {
    unsafe AccountKey(sku: [UInt8](sku), location: [UInt8](location), owner: [UInt8](owner))
  }
}
