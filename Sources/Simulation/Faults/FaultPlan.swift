import Primitives

/// Everything that goes wrong in a run, drawn from its seed before it begins, so that a part can be
/// left out and the rest stays what it was.
package struct FaultPlan: Sendable {
  let recipe: Recipe
  private(set) var faults: [Fault] = []
  private(set) var lossPercent: UInt64 = 0
  private(set) var repeatPercent: UInt64 = 0
  private(set) var detourPercent: UInt64 = 0
  private(set) var detourMax: UInt64 = 1
  private(set) var writeNanosecondsMax: UInt64 = 2_000_000
  private(set) var leaseMilliseconds: UInt32 = 800
  /// Nodes restart with another Δ.
  private(set) var leaseChanges = false
  /// All nodes begin with the build before this one, and start with this one by and by.
  private(set) var beginsWithOldBuild = false
  /// The clocks' rates are off by at most this; above 2,000 it is more than the bound that leases
  /// rest on.
  private(set) var ratePPMMax: Int64 = 0
  /// They are off by just this.
  private(set) var isAtBound = false

  var isBeyondBound: Bool { ratePPMMax > Self.boundPPM }
  static let boundPPM: Int64 = 2_000

  enum Family: UInt64, CaseIterable {
    case partition, crash, crashAll, pause, stopInside, slowDisk, failedSync, clog, stepWall, rate,
      freeze, spoil, loseDisk, transfer, members, mutiny, holdBack, slowDisks, bringHome, snapshots,
      miscount
    // Of recipes only.
    case holdTransfer, partitionPair, plainTransfer, slowVotesSent, slowVotesReceived, add,
      removeLeader, removePartitioned, removeOther

    /// Those that any seed may have.
    static let common = allCases.filter { $0.rawValue <= miscount.rawValue }
  }

  init(_ options: SimOptions) {
    var random = SeededRandom(seed: options.seed ^ 0xFA)
    let drawn = Recipe.drawn(by: random.next())
    recipe = options.recipe ?? drawn
    guard options.faults else { return }
    let ingredients: Ingredients
    if let known = recipe.ingredients {
      ingredients = known
      drawWorld(known, &random)
    } else {
      drawWorld(&random)
      ingredients = Self.drawIngredients(&random)
    }
    drawFaults(ingredients, options, &random)
    beginsWithOldBuild = random.chance(1, in: 3)
  }

  // MARK: The world

  private mutating func drawWorld(_ random: inout SeededRandom) {
    switch random.below(4) {
    case 0: break
    case 1: lossPercent = random.below(5)
    default: lossPercent = random.below(31)
    }
    drawDetours(&random)
    if random.chance(1, in: 3) { writeNanosecondsMax = 1_000_000 + random.below(60_000_000) }
    leaseMilliseconds = random.chance(1, in: 3) ? 0 : UInt32(200 + random.below(2_000))
    leaseChanges = random.chance(1, in: 3)
    switch random.below(8) {
    case 0: ratePPMMax = 20_000
    case 1..<5: ratePPMMax = Self.boundPPM
    default: break
    }
  }

  private mutating func drawDetours(_ random: inout SeededRandom) {
    if random.chance(1, in: 2) { repeatPercent = random.below(51) }
    if random.chance(1, in: 2) {
      detourPercent = random.below(30)
      detourMax = 1_000_000 + random.below(500_000_000)
    }
  }

  private mutating func drawWorld(_ known: Ingredients, _ random: inout SeededRandom) {
    lossPercent = random.below(known.lossPercentMax + 1)
    if known.lossPercentMax > 0 { drawDetours(&random) }
    writeNanosecondsMax = 1_000_000 + random.below(known.writeMillisecondsMax * 1_000_000)
    let leases = known.leaseMilliseconds
    leaseMilliseconds =
      leases.lowerBound + UInt32(random.below(UInt64(leases.upperBound - leases.lowerBound)))
    leaseChanges = random.chance(1, in: 3)
    ratePPMMax = Self.boundPPM
    isAtBound = known.isAtBound
  }

  // MARK: The faults

  /// Each seed has its own few kinds of faults: all of them at once hide one another.
  private static func drawIngredients(_ random: inout SeededRandom) -> Ingredients {
    let families = Family.common.filter { family in
      // Behind a frozen clock leases are not judged any more, so few seeds have one.
      random.chance(family == .freeze ? 1 : 4, in: 10)
    }
    let gap = 300 + random.below(4_000)
    let longest = 500 + random.below(8_000)
    return Ingredients(families: families, gap: 50...gap, lasts: 100...longest)
  }

  private mutating func drawFaults(
    _ known: Ingredients, _ options: SimOptions, _ random: inout SeededRandom
  ) {
    guard !known.families.isEmpty else { return }
    var at = 200_000_000 + Self.draw(known.gap, &random)
    while at < options.seconds * 1_000_000_000 {
      let family = known.families[Int(random.below(UInt64(known.families.count)))]
      faults.append(
        Fault(
          at: at, lasts: Self.draw(known.lasts, &random), kind: draw(family, options, &random),
          aim: random.chance(known.aimed, in: 10) ? random.next() : nil))
      at += Self.draw(known.gap, &random)
    }
  }

  /// Nanoseconds from a range of milliseconds.
  private static func draw(_ range: ClosedRange<UInt64>, _ random: inout SeededRandom) -> UInt64 {
    range.lowerBound * 1_000_000
      + random.below((range.upperBound - range.lowerBound) * 1_000_000 + 1)
  }

  private func draw(
    _ family: Family, _ options: SimOptions, _ random: inout SeededRandom
  ) -> Fault.Kind {
    let node = Int(random.below(UInt64(options.nodes)))
    let pick = random.next()
    switch family {
    case .partition:
      let shape = Fault.Shape.drawn[Int(pick % UInt64(Fault.Shape.drawn.count))]
      return .partition(shape, oneWay: random.chance(1, in: 3), pick: random.next())
    case .partitionPair: return .partition(.minority, oneWay: false, pick: pick)
    case .crash: return .crash(node: node)
    case .crashAll: return random.chance(1, in: 4) ? .crashAll : .crash(node: node)
    case .pause: return .pause(node: node)
    case .stopInside: return .stopInside(node: node, step: Int(pick % 3))
    case .slowDisk: return .slowDisk(node: node, nanosecondsMax: 1_000_000 + pick % 1_000_000_000)
    case .slowDisks: return .slowDisks(nanosecondsMax: 1_000_000 + pick % 1_000_000_000)
    case .failedSync: return .failedSync(node: node)
    case .clog:
      if pick >> 40 & 1 == 0 { return .clogAll(from: node) }
      return .clog(
        from: node, to: (node + 1 + Int(pick % UInt64(max(1, options.nodes - 1)))) % options.nodes)
    case .holdBack: return .holdBack(Hold(drawn: pick))
    case .holdTransfer: return .holdBack(Hold(.transfer, longest: 1_500_000_000))
    case .slowVotesSent: return .holdBack(Hold(.vote, from: node, longest: 800_000_000))
    case .slowVotesReceived: return .holdBack(Hold(.vote, to: node, longest: 800_000_000))
    case .stepWall:
      if pick >> 40 & 1 == 0 {
        return .stepAllWalls(milliseconds: Int64(pick % 40_000) - 20_000)
      }
      return .stepWall(node: node, milliseconds: Int64(pick % 40_000) - 20_000)
    case .rate: return .rate(node: node, ppm: rate(&random))
    case .freeze: return .freeze(node: node)
    case .spoil: return .spoil(node: node, pick: pick)
    case .snapshots:
      return pick >> 62 == 0
        ? .spoilSnapshot(node: node, pick: pick) : .misreadSnapshots(node: node)
    case .loseDisk: return .loseDisk(node: node)
    case .transfer: return .transfer(pick: pick, isHindered: true)
    case .plainTransfer: return .transfer(pick: pick, isHindered: false)
    case .bringHome: return .bringHome(pick: pick)
    case .mutiny: return .mutiny(pick: pick)
    case .members: return .changeMembers(.any, pick: pick)
    case .add: return .changeMembers(.add, pick: pick)
    case .removeLeader: return .changeMembers(.removeLeader, pick: pick)
    case .removePartitioned: return .changeMembers(.removePartitioned, pick: pick)
    case .removeOther: return .changeMembers(.removeOther, pick: pick)
    case .miscount: return .miscount(node: node, pick: pick)
    }
  }

  /// The rate of one node's clocks.
  func rate(_ random: inout SeededRandom) -> Int64 {
    guard ratePPMMax > 0 else { return 0 }
    if isAtBound { return random.chance(1, in: 2) ? ratePPMMax : -ratePPMMax }
    return Int64(random.below(UInt64(2 * ratePPMMax + 1))) - ratePPMMax
  }
}

extension FaultPlan {
  package var count: Int { faults.count }

  /// The plan in words, a line a fault.
  package func lines(without: [Int] = []) -> [String] {
    [
      "recipe \(recipe.rawValue): loss \(lossPercent) %, repeated \(repeatPercent) %, detours "
        + "\(detourPercent) % up to \(detourMax / 1_000_000) ms, writes up to "
        + "\(writeNanosecondsMax / 1_000_000) ms, clocks \(isAtBound ? "off by" : "within") "
        + "\(ratePPMMax) ppm, leases of \(leaseMilliseconds) ms"
        + (leaseChanges ? " or a quarter" : "")
    ]
      + faults.indices.filter { !without.contains($0) }.map { at in
        let fault = faults[at]
        return "fault \(at) at \(fault.at / 1_000_000) ms for \(fault.lasts / 1_000_000) ms: "
          + "\(fault.kind)" + (fault.aim == nil ? "" : ", aimed at a leader")
      }
  }
}
