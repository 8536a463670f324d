/// What a run is about. Half of all seeds have a few kinds of faults of all that there are, drawn
/// anew for each; the others a sharper mixture, for what those reach too rarely.
package enum Recipe: String, CaseIterable, Sendable {
  case anything
  /// Leaders are cut off, paused and stopped inside their turns while their leases run.
  case leases
  /// Leads are handed over again and again, and the word of it comes late.
  case transfers
  /// Writes take up to a second, and fail.
  case slowDisks = "slow-disks"
  /// Leaders fall right after they began to replicate (Raft paper, figure 8).
  case figure8 = "figure-8"
  /// Clocks as fast and as slow as leases allow for, and walls that step.
  case clocks
  case members
  /// Messages of one kind overtake those of another.
  case lateMessages = "late-messages"

  // Nine recipes after the fuzzy tests of hashicorp/raft.
  case sanity
  case leaderPartitions = "leader-partitions"
  case slowVotesSent = "slow-votes-sent"
  case slowVotesReceived = "slow-votes-received"
  case leadershipTransfers = "leadership-transfers"
  case memberAdds = "member-adds"
  case removeLeader = "remove-leader"
  case removePartitioned = "remove-partitioned"
  case removeOthers = "remove-others"

  /// Drawn by seeds; the others are asked for by name.
  static let sharper: [Recipe] = [
    .leases, .transfers, .slowDisks, .figure8, .clocks, .members, .lateMessages,
  ]

  static func drawn(by number: UInt64) -> Recipe {
    number % 2 == 0 ? .anything : sharper[Int(number / 2 % UInt64(sharper.count))]
  }
}

/// What a recipe is made of.
struct Ingredients {
  /// One that is named twice comes twice as often.
  var families: [FaultPlan.Family]
  /// Milliseconds between two faults, and how long one lasts.
  var gap: ClosedRange<UInt64>
  var lasts: ClosedRange<UInt64>
  var lossPercentMax: UInt64 = 5
  var writeMillisecondsMax: UInt64 = 5
  var leaseMilliseconds: ClosedRange<UInt32> = 800...2_500
  /// Clocks are off by exactly the bound, one way or the other.
  var isAtBound = false
  /// Of ten faults that can strike a leader, how many do.
  var aimed: UInt64 = 5
}

extension Recipe {
  /// Nil: drawn by each seed anew.
  var ingredients: Ingredients? {
    switch self {
    case .anything: nil
    case .leases:
      Ingredients(
        families: [
          .mutiny, .mutiny, .mutiny, .pause, .stopInside, .crash, .partition, .clog, .transfer,
        ], gap: 300...2_500, lasts: 200...3_000, isAtBound: true, aimed: 7)
    case .transfers:
      Ingredients(
        families: [
          .transfer, .transfer, .transfer, .holdTransfer, .bringHome, .mutiny, .crash, .pause,
        ], gap: 150...1_200, lasts: 300...2_000)
    case .slowDisks:
      Ingredients(
        families: [.slowDisk, .slowDisks, .crash, .failedSync, .partition, .partition, .pause],
        gap: 200...1_500, lasts: 500...3_000, writeMillisecondsMax: 300, aimed: 7)
    case .figure8:
      Ingredients(
        families: [.crash, .crash, .partition, .partition, .clog, .pause, .holdBack],
        gap: 50...900, lasts: 300...1_500, lossPercentMax: 20, writeMillisecondsMax: 30, aimed: 9)
    case .clocks:
      Ingredients(
        families: [.rate, .stepWall, .stepWall, .mutiny, .pause, .partition, .crash],
        gap: 300...2_500, lasts: 500...6_000, isAtBound: true)
    case .members:
      Ingredients(
        families: [
          .members, .members, .members, .partition, .crash, .pause, .transfer, .loseDisk, .mutiny,
          .snapshots,
        ], gap: 150...1_500, lasts: 300...3_000, lossPercentMax: 15)
    case .lateMessages:
      Ingredients(
        families: [.holdBack, .holdBack, .holdBack, .partition, .crash, .pause, .clog],
        gap: 100...1_200, lasts: 300...3_000, lossPercentMax: 15, writeMillisecondsMax: 60)
    case .sanity:
      Ingredients(families: [], gap: 1_000...1_000, lasts: 1_000...1_000, lossPercentMax: 0)
    case .leaderPartitions:
      Ingredients(
        families: [.partitionPair], gap: 800...2_500, lasts: 500...2_000, lossPercentMax: 0,
        aimed: 10)
    case .slowVotesSent:
      Ingredients(
        families: [.slowVotesSent, .crash], gap: 1_500...4_000, lasts: 800...1_500,
        lossPercentMax: 0, aimed: 10)
    case .slowVotesReceived:
      Ingredients(
        families: [.slowVotesReceived, .crash], gap: 1_500...4_000, lasts: 800...1_500,
        lossPercentMax: 0, aimed: 10)
    case .leadershipTransfers:
      Ingredients(
        families: [.plainTransfer], gap: 500...1_500, lasts: 500...500, lossPercentMax: 0)
    case .memberAdds:
      Ingredients(families: [.add], gap: 500...2_000, lasts: 500...500, lossPercentMax: 0)
    case .removeLeader:
      Ingredients(
        families: [.add, .removeLeader], gap: 500...2_000, lasts: 500...500, lossPercentMax: 0)
    case .removePartitioned:
      Ingredients(
        families: [.add, .removePartitioned], gap: 500...2_000, lasts: 800...2_500,
        lossPercentMax: 0)
    case .removeOthers:
      Ingredients(
        families: [.add, .removeOther], gap: 500...2_000, lasts: 500...500, lossPercentMax: 0)
    }
  }
}
