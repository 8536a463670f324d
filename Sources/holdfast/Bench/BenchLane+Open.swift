// An open load: a call is sent when it is due, and its latency counts from then, so that a server
// that stalls is charged for every call that would have come meanwhile.

import NIOCore

/// How far an open load has come, in calls counted from its start.
struct BenchSchedule {
  var inFlightMax = 0
  /// Calls that were sent, or left out with the warm-up.
  var taken = 0
  /// Calls below this one were due while no place was free.
  var lateBelow = 0
  /// The first call that is measured.
  var measured = 0
  /// All that will ever be due.
  var end = 0
  /// No call is sent any more.
  var isOver = false
}

extension BenchLane {
  /// Between two looks at what is due; the callbacks of answers look too.
  private static let slot = TimeAmount.microseconds(250)

  func startOpen(_ pacer: BenchPacer, inFlight: Int) {
    schedule.inFlightMax = inFlight
    schedule.measured = pacer.due(at: load.warmup.nanoseconds - 1)
    schedule.end = pacer.due(at: (endAt - startedAt).nanoseconds - 1)
    tick(pacer)
  }

  /// A place is free again.
  func goOnOpen(_ pacer: BenchPacer, _ now: NIODeadline) {
    sendDue(pacer, now)
    finishIfDone()
  }

  private func tick(_ pacer: BenchPacer) {
    let now = NIODeadline.now()
    sendDue(pacer, now)
    if now >= endAt {
      schedule.isOver = true
      counts.missed = UInt64(schedule.end - max(schedule.taken, schedule.measured))
      return finishIfDone()
    }
    let next = startedAt + .nanoseconds(pacer.dueTime(of: due(pacer, now)))
    eventLoop.assumeIsolated().scheduleTask(deadline: min(endAt, max(next, now + Self.slot))) {
      self.tick(pacer)
    }
  }

  private func due(_ pacer: BenchPacer, _ now: NIODeadline) -> Int {
    min(schedule.end, pacer.due(at: (now - startedAt).nanoseconds))
  }

  private func sendDue(_ pacer: BenchPacer, _ now: NIODeadline) {
    guard !schedule.isOver else { return }
    // What the warm-up could not send is no burden of what is measured.
    if now >= measureFrom { schedule.taken = max(schedule.taken, schedule.measured) }
    let due = due(pacer, now)
    while schedule.taken < due, running < schedule.inFlightMax {
      let call = schedule.taken
      schedule.taken += 1
      running += 1
      if call < schedule.lateBelow, call >= schedule.measured { counts.late += 1 }
      send(
        channels[call % channels.count], startedAt + .nanoseconds(pacer.dueTime(of: call)))
    }
    if schedule.taken < due { schedule.lateBelow = due }
  }

  private func finishIfDone() {
    if schedule.isOver, running == 0 { completion(counts) }
  }
}
