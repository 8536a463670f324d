import Primitives
import RaftConsensus

/// What waits to be written, and what is being written. Writes that can't start join, so that one
/// durable commit serves all that came up while the one before it ran.
struct PersistQueue: Sendable {
  struct Done: Sendable {
    var shard: ShardID
    var receipt: PersistReceipt
  }

  private let inFlightMax: Int
  private var lastTicket: UInt64 = 0
  private var inFlight: [(ticket: PersistTicket, done: [Done])] = []
  private var writes: [LaneWrite] = []
  private var done: [Done] = []
  private var after = Outbox()

  init(inFlightMax: Int) {
    precondition(inFlightMax > 0, "\(inFlightMax) writes in flight")
    self.inFlightMax = inFlightMax
  }

  /// What is added now is written in this turn.
  var underWay: Int { inFlight.count }
  var hasRoom: Bool { inFlight.count < inFlightMax }

  private var isIdle: Bool { inFlight.isEmpty && writes.isEmpty }

  /// A write of the group waits or is under way.
  func holds(_ shard: ShardID) -> Bool {
    done.contains { $0.shard == shard }
      || inFlight.contains { $0.done.contains { $0.shard == shard } }
  }

  mutating func add(_ request: PersistRequest, shard: ShardID) {
    writes.append(LaneWrite(shard: shard, hardState: request.hardState, rows: request.rows))
    done.append(Done(shard: shard, receipt: request.receipt))
  }

  /// Queues a message behind all writes that were added; false when there are none to wait for.
  mutating func sendAfter(_ message: Message, envelopeBytesMax: Int) -> Bool {
    if isIdle { return false }
    after.add(message, bytesMax: envelopeBytesMax)
    return true
  }

  /// What a group said behind writes that have not started is not sent.
  mutating func withdraw(_ shard: ShardID) { after.withdraw(shard) }

  /// The next work, if it may start.
  mutating func next() -> PersistWork? {
    guard inFlight.count < inFlightMax, !writes.isEmpty || !after.isEmpty else { return nil }
    lastTicket += 1
    let ticket = PersistTicket(rawValue: lastTicket)
    inFlight.append((ticket, done))
    defer {
      writes = []
      done = []
    }
    return PersistWork(ticket: ticket, writes: writes, sendAfter: after.takeAll())
  }

  /// What became durable with a work; works end in the order in which they were given.
  mutating func finished(_ ticket: PersistTicket) -> [Done] {
    precondition(
      inFlight.first?.ticket == ticket,
      "work \(ticket.rawValue) ended before \(inFlight.first?.ticket.rawValue ?? 0)")
    return inFlight.removeFirst().done
  }
}
