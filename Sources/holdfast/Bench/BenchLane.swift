// The load of one event loop: so many calls under way, each answer read, the next call made from
// the callback of the one before, or when it is due. No task and no await per call.

import GRPCTransport
import NIOCore
import Primitives
import ReservationClient
import WireFormat
import Workload

struct BenchLoad: Sendable {
  var template: ReserveTemplate
  /// Number of SKUs; 1 is one hot key.
  var skus: Int
  /// Requests in one call; 0 makes unary calls.
  var batch: Int
  var warmup: TimeAmount
  var duration: TimeAmount
  /// Makes the load open: calls are sent when they are due, not when others have ended.
  var pacer: BenchPacer?
  /// A closed load ends after so many calls, if not by time.
  var callsMax = Int.max
  /// Answers are no reservations, and are not looked into.
  var isEcho = false
  /// Reads in place of reservations: each call is this request, a QueryAvailability.
  var query: [UInt8]?
}

struct BenchCounts: Sendable {
  var latencies = LatencyHistogram()
  /// Calls answered while it was measured.
  var calls: UInt64 = 0
  /// Reservations answered while it was measured.
  var reservations: UInt64 = 0
  /// Of the whole run, warm-up included, by API.Outcome.
  var outcomes = [UInt64](repeating: 0, count: 4)
  /// Reads of the whole run, warm-up included, by API.AnsweredBy.
  var answeredBy = [UInt64](repeating: 0, count: 4)
  /// Calls of an open load that were due with no place free for them, and were sent later.
  var late: UInt64 = 0
  /// Calls of an open load that were due and never sent.
  var missed: UInt64 = 0
  var errors: UInt64 = 0
  var firstError = ""

  mutating func add(_ other: BenchCounts) {
    latencies.add(other.latencies)
    calls += other.calls
    reservations += other.reservations
    late += other.late
    missed += other.missed
    errors += other.errors
    for index in outcomes.indices { outcomes[index] += other.outcomes[index] }
    for index in answeredBy.indices { answeredBy[index] += other.answeredBy[index] }
    if firstError.isEmpty { firstError = other.firstError }
  }
}

final class BenchLane {
  let eventLoop: any EventLoop
  let channels: [GRPCChannel]
  let load: BenchLoad
  private var zipf: ZipfKeys
  private var stamps = RequestStamps()
  private var message: [UInt8] = []
  var startedAt = NIODeadline.now()
  var measureFrom = NIODeadline.now()
  var endAt = NIODeadline.now()
  var running = 0
  /// Calls of a closed load that were begun.
  private var begun = 0
  var counts = BenchCounts()
  var schedule = BenchSchedule()
  let completion: (BenchCounts) -> Void
  private let path: MethodPath

  init(
    _ load: BenchLoad, _ channels: [GRPCChannel], eventLoop: any EventLoop, seed: UInt64,
    completion: @escaping (BenchCounts) -> Void
  ) {
    self.load = load
    self.channels = channels
    self.eventLoop = eventLoop
    self.completion = completion
    zipf = ZipfKeys(count: load.skus, seed: seed)
    let method: HoldfastMethod =
      load.query != nil ? .queryAvailability : load.batch > 0 ? .batchReserve : .reserve
    path = MethodPath(method.path)
  }

  func start(inFlight: Int) {
    let now = NIODeadline.now()
    startedAt = now
    measureFrom = now + load.warmup
    endAt = measureFrom + load.duration
    if let pacer = load.pacer { return startOpen(pacer, inFlight: inFlight) }
    running = min(inFlight, load.callsMax)
    begun = running
    for slot in 0..<running { send(channels[slot % channels.count], now) }
  }

  /// Ends an open load before its time.
  func end() { endAt = min(endAt, .now()) }

  /// Sends one call, whose latency counts from `since`.
  func send(_ channel: GRPCChannel, _ since: NIODeadline) {
    if load.query == nil { writeReserve() } else { message = load.query! }
    unsafe message.withUnsafeBytes { message in
      unsafe channel.unary(path, message: message, options: CallOptions(waitForReady: true)) {
        self.ended(channel, $0, since: since)
      }
    }
  }

  private func writeReserve() {
    let wall = LogTime(milliseconds: wallMilliseconds())
    message.removeAll(keepingCapacity: true)
    if load.batch > 0 {
      for _ in 0..<load.batch {
        let id = stamps.next(now: wall.milliseconds).requestID
        load.template.appendItem(to: &message, requestID: id, sentAt: wall, sku: zipf.next())
      }
    } else {
      let id = stamps.next(now: wall.milliseconds).requestID
      load.template.append(to: &message, requestID: id, sentAt: wall, sku: zipf.next())
    }
  }

  private func ended(_ channel: GRPCChannel, _ reply: UnaryReply, since: NIODeadline) {
    let now = NIODeadline.now()
    guard reply.status.code == .ok else { return failed(channel, reply.status, now) }
    // An open load waits for the answers to all that was due, or it would leave out the slowest.
    let moment = load.pacer == nil ? now : since
    let isMeasured = moment >= measureFrom && moment < endAt
    let reservations = load.isEcho ? 1 : read(reply, isMeasured)
    if isMeasured {
      counts.latencies.add(nanoseconds: UInt64((now - since).nanoseconds))
      counts.calls += 1
      counts.reservations += reservations
    }
    goOn(channel, now)
  }

  /// Counts the outcomes; the answer is the number of reservations made.
  private func read(_ reply: UnaryReply, _ isMeasured: Bool) -> UInt64 {
    if load.query != nil {
      counts.answeredBy[Int(unsafe API.AnsweredBy.scan(reply.message).rawValue)] += 1
      return 1
    }
    var made: UInt64 = 0
    func take(_ outcome: API.Outcome) {
      counts.outcomes[Int(outcome.rawValue)] += 1
      if outcome == .full || outcome == .partial { made += 1 }
      guard outcome == .unspecified, isMeasured else { return }
      counts.errors += 1
      if counts.firstError.isEmpty { counts.firstError = "an item of a batch was refused" }
    }
    if load.batch > 0 {
      unsafe API.Outcome.scanBatch(reply.message, take)
    } else {
      take(unsafe API.Outcome.scan(reply.message))
    }
    return made
  }

  private func failed(_ channel: GRPCChannel, _ status: GRPCStatus, _ now: NIODeadline) {
    // While it warms up a new shard may still be electing its leader.
    if now >= measureFrom {
      counts.errors += 1
      if counts.firstError.isEmpty { counts.firstError = "\(CallFailure(status))" }
    }
    guard now < endAt else { return goOn(channel, now) }
    // A call that failed is made again, so that so many calls are answered.
    begun -= 1
    eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(20)) {
      self.goOn(channel, .now())
    }
  }

  private func goOn(_ channel: GRPCChannel, _ now: NIODeadline) {
    if let pacer = load.pacer {
      running -= 1
      return goOnOpen(pacer, now)
    }
    if now < endAt, begun < load.callsMax {
      begun += 1
      return send(channel, now)
    }
    running -= 1
    if running == 0 { completion(counts) }
  }
}
