/// Rare paths that a good set of seeds has to have walked.
package enum Mark: Int, CaseIterable, Sendable {
  case steppedDown
  case crashedWhileWriting
  case unconfirmedWriteSurvived
  case syncFailed
  case startedFlawed
  case repaired
  case diskLost
  case ledgerWrong
  case leaderWrong
  case takenOut
  case rebuilt
  case loadedFromDisk
  case loadFailed
  case snapshotSaved
  case snapshotInstalled
  case snapshotRefused
  case snapshotGone
  case stoppedInsideTurn
  case appliedOverTurns
  case outcomeUnknown
  case callAbandoned
  case followedHint
  case requestRepeated
  case holdExpired
  case confirmedTooLate
  case reacquired
  case filledInPart
  case countedShort
  case countedStale
  case countQuarantined
  case shippedInPart
  case shippedWhole
  case clockStepped
  case ownClockOff
  case clockFrozen
  case partitionedOneWay
  case partitionedRing
  case partitionedRegion
  case clogged
  case heldBack
  case snapshotSpoiled
  case healedMinority
  case transferred
  case mutiny
  case transferFailed
  case broughtHome
  case changedMembers
  case changedJointly
  case orderedPair
  case membersChanged
  case rulesRaised
  case seatClosed
  case seatOpenedAgain
  case readByLease
}

/// How often each was reached.
package struct Marks: Sendable {
  package private(set) var counts = Array(repeating: 0, count: Mark.allCases.count)

  package init() {}

  @inline(__always)
  mutating func reach(_ mark: Mark) { counts[mark.rawValue] += 1 }

  package mutating func add(_ other: Marks) {
    for at in counts.indices { counts[at] += other.counts[at] }
  }

  package var missing: [Mark] {
    Mark.allCases.filter { counts[$0.rawValue] == 0 }
  }
}
