// What a lane and its dispatcher count while they work: plain integers that their own loop adds to.
// Once a second they become metrics.

import LogStorage
import NodeCore
import WireFormat

/// Counted by a lane.
struct LaneTally {
  /// How long the turns since the last publication took.
  var turns = LatencyHistogram()
  private(set) var turnsInAll: UInt64 = 0
  /// Logs that could not be read for a follower.
  var loadsFailed: UInt64 = 0
  private(set) var events = [UInt64](repeating: 0, count: CountedEvent.allCases.count)

  mutating func turned(nanoseconds: Int64) {
    turns.record(microseconds: UInt64(max(0, nanoseconds)) / 1_000)
    turnsInAll += 1
  }

  mutating func count(_ event: NodeEvent) {
    if let counted = CountedEvent(event) { events[counted.rawValue] += 1 }
  }
}

/// Events that are worth a number.
enum CountedEvent: Int, CaseIterable {
  case snapshotTaken, snapshotSaved, snapshotSending, snapshotInstalled, snapshotRefused
  case electionStarted, becameLeader, steppedDown, clockStepped
  case membersChanged, transferStarted, transferFailed
  case takenOut, repaired, rowsMissing, rulesUnknown, shardStopped, shardResumed

  init?(_ event: NodeEvent) {
    switch event {
    case .snapshotTaken: self = .snapshotTaken
    case .snapshotSaved: self = .snapshotSaved
    case .snapshotSending: self = .snapshotSending
    case .snapshotInstalled: self = .snapshotInstalled
    case .snapshotRefused: self = .snapshotRefused
    case .electionStarted: self = .electionStarted
    case .becameLeader: self = .becameLeader
    case .steppedDown: self = .steppedDown
    case .clockStepped: self = .clockStepped
    case .membersChanged: self = .membersChanged
    case .transferStarted: self = .transferStarted
    case .transferFailed: self = .transferFailed
    case .takenOut: self = .takenOut
    case .repaired: self = .repaired
    case .rowsMissing: self = .rowsMissing
    case .rulesUnknown: self = .rulesUnknown
    case .shardStopped: self = .shardStopped
    case .shardResumed: self = .shardResumed
    case .leaderChanged, .opened, .closed, .ownClockOff, .ownClockGood, .outcomesUnknown,
      .digestMismatch,
      .clockPairDisagrees, .clockPairAgrees, .leaseTooShort:
      return nil
    }
  }

  /// The metric and its label.
  var name: (metric: String, event: String) {
    switch self {
    case .snapshotTaken: ("holdfast_snapshots_total", "taken")
    case .snapshotSaved: ("holdfast_snapshots_total", "saved")
    case .snapshotSending: ("holdfast_snapshots_total", "sending")
    case .snapshotInstalled: ("holdfast_snapshots_total", "installed")
    case .snapshotRefused: ("holdfast_snapshots_total", "refused")
    case .electionStarted: ("holdfast_leadership_total", "standing")
    case .becameLeader: ("holdfast_leadership_total", "won")
    case .steppedDown: ("holdfast_leadership_total", "lost")
    case .clockStepped: ("holdfast_log_time_steps_total", "forward")
    case .membersChanged: ("holdfast_membership_total", "changed")
    case .transferStarted: ("holdfast_leadership_total", "handing_over")
    case .transferFailed: ("holdfast_leadership_total", "kept")
    case .takenOut: ("holdfast_standing_total", "taken_out")
    case .repaired: ("holdfast_standing_total", "repaired")
    case .rowsMissing: ("holdfast_standing_total", "rows_missing")
    case .rulesUnknown: ("holdfast_standing_total", "rules_unknown")
    case .shardStopped: ("holdfast_standing_total", "stopped")
    case .shardResumed: ("holdfast_standing_total", "resumed")
    }
  }
}

/// Refused calls, and refused items of calls, by reason; counted by a dispatcher.
struct RefusalTally {
  private var counts = [UInt64](repeating: 0, count: Self.size)

  private static let size = 1 + Int(ErrorReason.allCases.map(\.rawValue).max()!)

  mutating func count(_ reason: ErrorReason, times: Int = 1) {
    counts[Int(reason.rawValue)] += UInt64(times)
  }

  subscript(reason: ErrorReason) -> UInt64 { counts[Int(reason.rawValue)] }
}
