import NodeCore
import Primitives
import StockLedger

// A client's call: asked, asked again under the same id, answered or given up.

extension Simulation {
  func wake(_ caller: Int, _ serial: UInt64) {
    guard load.callers[caller].serial == serial else { return }
    if load.callers[caller].call != nil { return giveUpAttempt(caller) }
    guard caller < load.clients else { return nextOfSetup(caller) }
    guard phase == .safety || phase == .liveness else { return }
    beginCall(caller)
  }

  /// Wakes a caller after a while; earlier timers of it don't count any more.
  func wakeLater(_ caller: Int, after delay: UInt64) {
    load.callers[caller].serial += 1
    schedule(.wake(caller: caller, serial: load.callers[caller].serial), after: delay)
  }

  /// Asks, or asks again; the same body under the same request id (rule Q1).
  func attempt(_ caller: Int, node: Int) {
    let token = load.nextToken(caller)
    load.callers[caller].call!.token = token
    load.callers[caller].call!.node = node
    load.callers[caller].call!.attempts += 1
    let call = load.callers[caller].call!
    if call.attempts > 1 {
      load.repeats += 1
    } else {
      load.callers[caller].call!.begun = now
      beginOperation(caller)
    }
    load.callers[caller].call!.floor = checks.shards[checks.place(call.shard)].toldFloor
    if let delay = load.network(&random, lossPercent: network.lossPercent) {
      schedule(.ask(ask(call, token), node: node), after: delay)
    }
    wakeLater(caller, after: 400_000_000 + random.below(900_000_000))
  }

  private func ask(_ call: Load.Call, _ token: UInt64) -> Ask {
    switch call.kind {
    case .read, .staleRead:
      .read(
        ReadRequest(
          shard: call.shard, token: token,
          consistency: call.kind == .read ? .linearizable : .stale), sku: call.lines[0].sku)
    default:
      .submit(SubmitBatch(shard: call.shard, commands: call.record, tokens: [token]))
    }
  }

  /// No answer in time: the caller can't know what became of the call (trap 40).
  private func giveUpAttempt(_ caller: Int) {
    let call = load.callers[caller].call!
    // A shard without a majority may refuse for ever: its callers turn to others.
    let isTired = phase == .liveness && now > call.begun + Self.patience
    // Refused, and a while ago: nothing is under way.
    if call.token == 0, !isTired {
      return attempt(caller, node: (call.node + 1) % nodes.count)
    }
    if call.kind != .setup,
      isTired || isRead(call) || random.chance(phase == .liveness ? 10 : 1, in: 20)
    {
      load.unknown += 1
      marks.reach(.callAbandoned)
      return end(caller)
    }
    attempt(caller, node: (call.node + 1) % nodes.count)
  }

  private func isRead(_ call: Load.Call) -> Bool { call.kind == .read || call.kind == .staleRead }

  private func end(_ caller: Int) {
    load.callers[caller].call = nil
    let think = caller % 5 == 4 ? 10_000_000 + random.below(80_000_000) : thinkTime()
    wakeLater(caller, after: caller < load.clients ? think : 1_000_000)
  }

  func thinkTime() -> UInt64 { 20_000_000 + random.below(300_000_000) }

  // MARK: Answers

  func take(_ answer: Answer, caller: Int, token: UInt64) {
    guard let call = load.callers[caller].call, call.token == token else { return }
    switch answer {
    case .refused(let reason): askElsewhere(caller, call, reason)
    case .outcome(let record, let shard, let index):
      told(call, record, shard, index)
      guard checks.failure == nil else { return }
      load.answered += 1
      noteProgress(of: shard, begun: call.begun)
      if let outcome = SimOutcome(record) {
        endOperation(call, outcome)
        finish(caller, call, outcome)
      }
      end(caller)
    case .read(let value):
      told(call, value)
      endOperation(call, value)
      load.reads += 1
      end(caller)
    }
  }

  private static let hintsMax = 3
  private static let patience: UInt64 = 5_000_000_000

  private func askElsewhere(_ caller: Int, _ call: Load.Call, _ reason: RefusalReason) {
    var next = (call.node + 1) % nodes.count
    var pause: UInt64 = 50_000_000
    var hints = 0
    switch reason {
    // Two nodes without a seat may name each other: so many hints, and then a node of one's own choice.
    case .notLeader(let hint?) where call.hints < Self.hintsMax:
      hints = call.hints + 1
      next = Int(hint.rawValue) - 1
      pause = 5_000_000 + random.below(20_000_000)
      marks.reach(.followedHint)
    case .overloaded(let milliseconds): pause = UInt64(milliseconds) * 1_000_000
    case .notLeader(.some): next = Int(random.below(UInt64(nodes.count)))
    case .notLeader, .unavailable, .ledgersDiffer, .unknownOutcome, .positionNotReached: break
    }
    load.callers[caller].call!.hints = hints
    load.callers[caller].call!.node = (next + nodes.count - 1) % nodes.count
    // The attempt's answer is in: what still comes for its token is not for this caller.
    load.callers[caller].call!.token = 0
    wakeLater(caller, after: pause)
  }

  /// What a client is told stands in the log, where it is said to stand: no acknowledged loss.
  private func told(_ call: Load.Call, _ record: [UInt8], _ shard: ShardID, _ index: LogIndex) {
    let place = checks.place(shard)
    checks.shards[place].toldFloor = max(checks.shards[place].toldFloor, index)
    guard shard != .meta else { return }
    guard let told = checks.shards[place].model.told(call.request),
      told.index >= index
    else {
      return fail(
        "Q1",
        "a client was told of entry \(index.rawValue) of shard \(shard.rawValue), where its "
          + "request is not")
    }
    if told.index == index, told.outcome != contentHash(record) {
      fail("Q1", "a client was told another outcome than entry \(index.rawValue) has")
    }
  }

  /// A linearizable read sees everything that any client was told before it was sent (rule C8).
  private func told(_ call: Load.Call, _ value: ReadValue) {
    let index = value.instant.index
    switch value.instant.answered {
    case .stale:
      checks.staleReads += 1
    default:
      let place = checks.place(call.shard)
      if index < call.floor {
        let isLease = value.instant.answered == .lease
        let report = isLease ? failByClock : fail
        return report(
          isLease ? "L2" : "C8",
          "a linearizable read of shard \(call.shard.rawValue) saw entry \(index.rawValue), "
            + "when \(call.floor.rawValue) had been told before it was sent to node "
            + "\(call.node + 1); \(checks.shards[place].lately)")
      }
      checks.shards[place].toldFloor = max(checks.shards[place].toldFloor, index)
    }
  }
}
