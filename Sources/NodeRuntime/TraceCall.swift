// TraceReservation: outcomes are not stored, so the shard's log is replayed on a ledger of its own,
// away from the lane, and what touched the reservation is written down with the state after it.

import Dispatch
import GRPCTransport
import LogStorage
import NIOCore
import NodeCore
import Primitives
import RaftConsensus
import StockLedger
import Synchronization
import WireFormat

extension Dispatcher {
  func trace(
    _ call: CallHandle, _ message: UnsafeRawBufferPointer, _ context: CallContext
  ) throws(RequestRefusal) {
    let request = try unsafe decoder.read(
      .traceReservation, message, as: API.TraceReservationRequest.self)
    let name = ReservationName(request.name)!
    let found = unsafe name.pool.withUnsafeBytes { pool in
      unsafe name.region.withUnsafeBytes { unsafe routes.find(pool: pool, region: $0) }
    }
    guard let route = found else { throw unknownShard(pool: name.pool, region: name.region) }
    guard Trace.waiting.load(ordering: .relaxed) < Trace.waitingMax else {
      throw .retry(.overloaded, afterMilliseconds: 1_000)
    }
    guard route.members.contains(node) else {
      return try unsafe forward(
        call, .traceReservation, message, context, route, to: route.leader ?? routes.guess(route))
    }
    let (lane, shard) = (hub.lanes[route.lane], route.shard)
    let names = names(of: shard)
    let here = server.eventLoop
    hub.hop(from: hub.lanes[index], to: route.lane) {
      let limits = lane.core.settings.ledger
      let upTo = lane.core.withShardLedger(shard) { $0.appliedIndex } ?? .zero
      Trace.waiting.add(1, ordering: .relaxed)
      Trace.queue.async {
        defer { Trace.waiting.subtract(1, ordering: .relaxed) }
        let trace = Trace(names, name.number, limits, lane.store)
        let result = trace.run(upTo: upTo, request)
        here.execute { self.answer(call, result) }
      }
    }
  }

  private func answer(_ call: CallHandle, _ result: Result<[UInt8], RequestRefusal>) {
    switch result {
    case .success(let bytes):
      response = bytes
      respond(call)
    case .failure(let refusal): refuse(call, refusal)
    }
    server.flush()
  }
}

/// The history of one reservation, found by replaying its shard's log.
struct Trace: Sendable {
  /// One replay at a time: it needs as much memory as the shard itself.
  static let queue = DispatchQueue(label: "holdfast.trace")
  /// Replays that wait or run; more are refused.
  static let waiting = Atomic(0)
  static let waitingMax = 16

  private let shard: ShardNames
  private let number: UInt64
  private let limits: LedgerLimits
  private let store: LogStore

  init(_ shard: ShardNames, _ number: UInt64, _ limits: LedgerLimits, _ store: LogStore) {
    self.shard = shard
    self.number = number
    self.limits = limits
    self.store = store
  }

  func run(
    upTo: LogIndex, _ request: API.TraceReservationRequest
  ) -> Result<[UInt8], RequestRefusal> {
    do {
      let (ledger, first) = try start()
      let events = try replay(ledger, from: first, upTo: upTo)
      let from = Int(request.pageToken) ?? 0
      guard request.pageToken.isEmpty || (1..<max(events.count, 1)).contains(from) else {
        return .failure(RequestRefusal(.invalidPageToken))
      }
      var response = API.TraceReservationResponse()
      let end = min(events.count, from + Int(request.pageSize))
      response.events = Array(events[from..<end])
      response.nextPageToken = end < events.count ? "\(end)" : ""
      response.journalFirstIndex = first.rawValue
      if events.isEmpty { return .failure(RequestRefusal(.unknownReservation)) }
      return .success(response.encoded())
    } catch {
      return .failure(RequestRefusal(.internal, "the journal could not be read: \(error)"))
    }
  }

  /// An empty ledger if the log is there from its first entry, else the newest snapshot.
  private func start() throws -> (ShardLedger, LogIndex) {
    if (try? store.loadNow(shard.id, from: LogIndex(1), upTo: LogIndex(1))) != nil {
      return (ShardLedger(shard: shard.id, limits: limits), LogIndex(1))
    }
    guard let reader = try store.openSnapshot(shard: shard.id) else {
      return (ShardLedger(shard: shard.id, limits: limits), LogIndex(1))
    }
    var loader = SnapshotLoader(limits: limits)
    while let chunk = try reader.next() { try loader.append(chunk) }
    return (try loader.finish(), reader.mark.index.next)
  }

  private func replay(
    _ start: ShardLedger, from first: LogIndex, upTo: LogIndex
  ) throws -> [API.TraceEvent] {
    var ledger = start
    var events: [API.TraceEvent] = []
    var next = first
    // From a snapshot on, the chain's digests before are not known here.
    let chain = first == LogIndex(1) ? JournalChain() : nil
    var head: ChainRow?
    while next <= upTo {
      let entries = try store.loadNow(shard.id, from: next, upTo: upTo)
      guard let last = entries.last else { break }
      for entry in entries {
        let known = events.count
        let outcomes = step(&ledger, entry, &events)
        head = chain?.row(after: head, entry: entry, outcomes: outcomes)
        for event in known..<events.count { events[event].chain = head?.digest ?? [] }
      }
      next = last.index.next
    }
    return events
  }

  /// Applies one entry, notes what it did to the reservation, and gives its outcomes.
  private func step(
    _ ledger: inout ShardLedger, _ entry: Entry, _ events: inout [API.TraceEvent]
  ) -> [UInt8] {
    let before = state(in: ledger)
    guard entry.kind == .command else {
      ledger.advance(index: entry.index, term: entry.term, logTime: entry.logTime)
      noteExpiry(before, ledger, entry, &events)
      return []
    }
    var outcomes = ByteWriter()
    ledger.apply(
      payload: entry.payload, index: entry.index, term: entry.term, logTime: entry.logTime,
      outcomes: &outcomes)
    let known = events.count
    unsafe entry.payload.withUnsafeBytes { payload in
      unsafe outcomes.bytes.withUnsafeBytes { outcomes in
        var commands = unsafe CommandReader(payload)
        var answers = unsafe OutcomeReader(outcomes)
        while let command = commands.next(), let outcome = answers.next() {
          note(command, outcome, ledger, entry, &events)
        }
      }
    }
    if events.count == known { noteExpiry(before, ledger, entry, &events) }
    return outcomes.bytes
  }

  private func state(in ledger: borrowing ShardLedger) -> API.Reservation? {
    var record = ByteWriter()
    guard ledger.reservation(number: number, into: &record) else { return nil }
    return reservations(record, count: 1, of: shard)[0]
  }

  /// An entry that ended the hold without being asked to.
  private func noteExpiry(
    _ before: API.Reservation?, _ ledger: borrowing ShardLedger, _ entry: Entry,
    _ events: inout [API.TraceEvent]
  ) {
    guard before?.state == .held, let now = state(in: ledger), now.state == .expired else { return }
    var event = event(.expire, ledger, entry)
    event.reservation = now
    events.append(event)
  }

  private func note(
    _ command: CommandRecord, _ outcome: OutcomeRecord, _ ledger: borrowing ShardLedger,
    _ entry: Entry, _ events: inout [API.TraceEvent]
  ) {
    guard let kind = API.TraceKind(rawValue: Int32(command.kind)), command.kind <= 5,
      concerns(command, outcome)
    else { return }
    var event = event(kind, ledger, entry)
    event.requestID = unsafe String(decoding: command.requestID, as: UTF8.self)
    guard outcome.refusal == .none else {
      event.refusal = ResponseEncoder.refusal(outcome).reason.name
      event.reservation = state(in: ledger)
      return events.append(event)
    }
    var body = outcome.body
    event.outcome = API.Outcome(rawValue: Int32(body.get(UInt8.self))) ?? .unspecified
    let hasReservation = kind != .reserve || body.get(UInt8.self) == 1
    if hasReservation { event.reservation = API.Reservation(from: &body, shard: shard) }
    event.lines = API.LineResult.list(&body)
    events.append(event)
  }

  private func event(
    _ kind: API.TraceKind, _ ledger: borrowing ShardLedger, _ entry: Entry
  ) -> API.TraceEvent {
    var event = API.TraceEvent()
    event.kind = kind
    event.logTime = entry.logTime
    event.catalogVersion = ledger.catalogVersion
    event.rulesVersion = UInt32(ledger.rules.rawValue)
    event.position = API.Position()
    event.position!.shard = shard.id.rawValue
    event.position!.index = entry.index.rawValue
    return event
  }

  /// A reserve is known by the number that it got, all others by the number in their body.
  private func concerns(_ command: CommandRecord, _ outcome: OutcomeRecord) -> Bool {
    if command.kind != CommandKind.reserve.rawValue {
      var body = unsafe ByteReader(command.body)
      return body.get(UInt64.self) == number
    }
    guard outcome.refusal == .none else { return false }
    var body = outcome.body
    _ = body.get(UInt8.self)
    return body.get(UInt8.self) == 1 && ReservationRecord(from: &body).number == number
  }
}

extension API.LineResult {
  /// `u16 n × L` at the reader's place.
  fileprivate static func list(_ body: inout ByteReader) -> [API.LineResult] {
    (0..<body.get(UInt16.self)).map { _ in
      let record = LineResultRecord(from: &body)
      var line = API.LineResult()
      line.sku = unsafe String(decoding: record.sku, as: UTF8.self)
      line.requested = record.requested
      line.reserved = record.reserved
      line.reason = API.LineReason(ledger: record.reason)
      line.assignments = (0..<record.assignmentCount).map { _ in
        let part = AssignmentRecord(from: &body)
        var assignment = API.Assignment()
        assignment.location = unsafe String(decoding: part.location, as: UTF8.self)
        assignment.owner = unsafe String(decoding: part.owner, as: UTF8.self)
        assignment.quantity = part.quantity
        assignment.date = part.day == Absent.day ? nil : CivilDate(dayNumber: part.day)
        return assignment
      }
      return line
    }
  }
}

extension API.LineReason {
  fileprivate init(ledger raw: UInt8) {
    self =
      switch StockLedger.LineReason(rawValue: raw) {
      case .unknownSku: .unknownSku
      case .unknownUnit: .unknownUnit
      case .unknownLocation: .unknownLocation
      case .insufficientSupply: .insufficientSupply
      case .bufferProtected: .bufferProtected
      case nil, .some(.none): .unspecified
      }
  }
}

extension LogStore {
  /// Waits for the store's thread; for threads that may wait.
  func loadNow(_ shard: ShardID, from: LogIndex, upTo: LogIndex) throws -> [Entry] {
    let done = DispatchSemaphore(value: 0)
    let part = Mutex<Result<[Entry], StorageError>>(.success([]))
    load(shard: shard, from: from, upTo: upTo, maxBytes: 16 << 20) { result in
      part.withLock { $0 = result }
      done.signal()
    }
    done.wait()
    return try part.withLock { try $0.get() }
  }
}
