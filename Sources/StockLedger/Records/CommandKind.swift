/// What a command record asks for. The numbers are part of the log's format and never change.
package enum CommandKind: UInt8, Sendable, CaseIterable {
  case reserve = 1
  case confirm = 2
  case extend = 3
  case release = 4
  case fulfill = 5
  case adjustSupply = 6
  case syncSupply = 7
  /// Made by the meta leader, written by the shard's leader: what the shard needs of the catalog.
  case catalogUpdate = 8
  /// Made by the leader when the earliest deadline comes (rule T3): expiry only.
  case pulse = 9
  /// Made by the leader when every member's build knows a newer version of the rules: an entry of its
  /// own.
  case raiseRules = 10
  case putSku = 16
  case putLocation = 17
  case putPool = 18
  case putAccount = 19
  /// Made by the leader of the meta group: topology.
  case putNode = 20
  /// Made by the leader of the meta group: a node has no seat in that group any more.
  case dropNode = 21

  /// Commands of the catalog belong into the meta group's log, all others into a shard's.
  package var isMeta: Bool { rawValue >= CommandKind.putSku.rawValue }
  /// Which nodes there are: no shard's business.
  package var isTopology: Bool { rawValue >= CommandKind.putNode.rawValue }
}

/// Markers in records for what is absent.
package enum Absent {
  /// No time: the field `firstSentAt`, `occurredAt` or `expiresAt` is absent.
  package static let time = Int64.min
  /// No day: "on hand now" for supply, "no wish" for `requiredBy`.
  package static let day = Int32.min
}

/// What to do with an order that can't be had whole.
package enum Fill: UInt8, Sendable {
  case allOrNothing = 1
  case partial = 2
}

/// What Confirm does after the deadline (rule T4).
package enum OnExpired: UInt8, Sendable {
  case refuse = 1
  case reacquire = 2
}

/// The life of a reservation.
package enum ReservationState: UInt8, Sendable, CaseIterable {
  case held = 1
  case confirmed = 2
  case partiallyFulfilled = 3
  case fulfilled = 4
  case released = 5
  case expired = 6

  /// An ended reservation holds no units any more.
  package var isEnded: Bool { rawValue >= ReservationState.fulfilled.rawValue }
}

/// How much of a reserve was had.
package enum FillOutcome: UInt8, Sendable {
  case full = 1
  case partial = 2
  case none = 3
}

/// What became of one supply fact or of one row of a count.
package enum RowOutcome: UInt8, Sendable {
  case applied = 1
  /// Its sequence or version is not newer than what this source already told about the account.
  case staleVersion = 2
  /// It contradicts what is known (another counting source, a count older than kept facts): it
  /// changes nothing and waits for a decision.
  case quarantined = 3
  /// Applied, and promised units are no longer covered.
  case shortfall = 4
}
