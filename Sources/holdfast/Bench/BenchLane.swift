// The load of one event loop: so many calls under way, each answer read, the next call made from
// the callback of the one before. No task and no await per call.

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
}

struct BenchCounts: Sendable {
  var latencies = LatencyHistogram()
  /// Calls answered while it was measured.
  var calls: UInt64 = 0
  /// Reservations answered while it was measured.
  var reservations: UInt64 = 0
  /// Of the whole run, warm-up included, by API.Outcome.
  var outcomes = [UInt64](repeating: 0, count: 4)
  var errors: UInt64 = 0
  var firstError = ""

  mutating func add(_ other: BenchCounts) {
    latencies.add(other.latencies)
    calls += other.calls
    reservations += other.reservations
    errors += other.errors
    for index in outcomes.indices { outcomes[index] += other.outcomes[index] }
    if firstError.isEmpty { firstError = other.firstError }
  }
}

final class BenchLane {
  private let eventLoop: any EventLoop
  private let channels: [GRPCChannel]
  private let load: BenchLoad
  private var zipf: ZipfKeys
  private var stamps = RequestStamps()
  private var message: [UInt8] = []
  private var measureFrom = NIODeadline.now()
  private var endAt = NIODeadline.now()
  private var running = 0
  private var counts = BenchCounts()
  private let completion: (BenchCounts) -> Void
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
    path = MethodPath(
      load.batch > 0 ? HoldfastMethod.batchReserve.path : HoldfastMethod.reserve.path)
  }

  func start(inFlight: Int) {
    let now = NIODeadline.now()
    measureFrom = now + load.warmup
    endAt = measureFrom + load.duration
    running = inFlight
    for slot in 0..<inFlight { send(channels[slot % channels.count], now) }
  }

  private func send(_ channel: GRPCChannel, _ now: NIODeadline) {
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
    unsafe message.withUnsafeBytes { message in
      unsafe channel.unary(path, message: message, options: CallOptions(waitForReady: true)) {
        self.ended(channel, $0, sent: now)
      }
    }
  }

  private func ended(_ channel: GRPCChannel, _ reply: UnaryReply, sent: NIODeadline) {
    let now = NIODeadline.now()
    guard reply.status.code == .ok else { return failed(channel, reply.status, now) }
    let isMeasured = now >= measureFrom && now < endAt
    let reservations = read(reply, isMeasured)
    if isMeasured {
      counts.latencies.add(nanoseconds: UInt64((now - sent).nanoseconds))
      counts.calls += 1
      counts.reservations += reservations
    }
    goOn(channel, now)
  }

  /// Counts the outcomes; the answer is the number of reservations made.
  private func read(_ reply: UnaryReply, _ isMeasured: Bool) -> UInt64 {
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
    eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(20)) {
      self.goOn(channel, .now())
    }
  }

  private func goOn(_ channel: GRPCChannel, _ now: NIODeadline) {
    if now < endAt { return send(channel, now) }
    running -= 1
    if running == 0 { completion(counts) }
  }
}
