import Primitives

/// One thing that goes wrong, and for how long.
struct Fault: Sendable {
  enum Shape: Sendable {
    case majority, minority, ring, region, single
    case only(Int)

    static let drawn: [Shape] = [.majority, .minority, .ring, .region, .single, .single]
  }

  enum Kind: Sendable {
    /// Cuts links; `pick` chooses the nodes, `oneWay` lets one direction through.
    case partition(Shape, oneWay: Bool, pick: UInt64)
    case crash(node: Int)
    case crashAll
    case pause(node: Int)
    /// Stops a node inside its next turn, behind this step (rule L9).
    case stopInside(node: Int, step: Int)
    case slowDisk(node: Int, nanosecondsMax: UInt64)
    case failedSync(node: Int)
    case clog(from: Int, to: Int)
    /// Everything that a node sends is held up, and then comes at once.
    case clogAll(from: Int)
    case stepWall(node: Int, milliseconds: Int64)
    case rate(node: Int, ppm: Int64)
    case freeze(node: Int)
    /// Rows of one group can't be read any more; found at the crash that follows.
    case spoil(node: Int, pick: UInt64)
    case loseDisk(node: Int)
    /// A bad time server: all wall clocks step together.
    case stepAllWalls(milliseconds: Int64)
    /// An operator hands a lead over, or changes the members of a group.
    case transfer(pick: UInt64)
    /// The others go on without the leader, which does not know: all that leases are for.
    case mutiny(pick: UInt64)
    case changeMembers(pick: UInt64)
  }

  var at: UInt64
  var lasts: UInt64
  var kind: Kind
  /// It strikes whoever leads the shard that this chooses, if anybody does.
  var aim: UInt64?
}

extension Fault {
  /// Strikes another node than was drawn.
  mutating func strike(_ node: Int) {
    switch kind {
    case .crash: kind = .crash(node: node)
    case .pause: kind = .pause(node: node)
    case .stopInside(_, let step): kind = .stopInside(node: node, step: step)
    case .slowDisk(_, let most): kind = .slowDisk(node: node, nanosecondsMax: most)
    case .failedSync: kind = .failedSync(node: node)
    case .clogAll: kind = .clogAll(from: node)
    case .partition(.single, let oneWay, let pick):
      kind = .partition(.only(node), oneWay: oneWay, pick: pick)
    default: break
    }
  }
}

/// Everything that goes wrong in a run, drawn from its seed before it begins, so that a part can be
/// left out and the rest stays what it was.
package struct FaultPlan: Sendable {
  private(set) var faults: [Fault] = []
  private(set) var lossPercent: UInt64 = 0
  private(set) var repeatPercent: UInt64 = 0
  private(set) var detourPercent: UInt64 = 0
  private(set) var detourMax: UInt64 = 1
  private(set) var writeNanosecondsMax: UInt64 = 2_000_000
  private(set) var leaseMilliseconds: UInt32 = 800
  /// Nodes restart with another Δ.
  private(set) var leaseChanges = false
  /// The clocks' rates are off by at most this; above 2,000 it is more than the bound that leases
  /// rest on.
  private(set) var ratePPMMax: Int64 = 0

  var isBeyondBound: Bool { ratePPMMax > Self.boundPPM }
  static let boundPPM: Int64 = 2_000

  private enum Family: UInt64, CaseIterable {
    case partition, crash, crashAll, pause, stopInside, slowDisk, failedSync, clog, stepWall, rate,
      freeze, spoil, loseDisk, transfer, members, mutiny
  }

  init(_ options: SimOptions) {
    guard options.faults else { return }
    var random = SeededRandom(seed: options.seed ^ 0xFA)
    drawNetwork(&random)
    // Each seed has its own few kinds of faults: all of them at once hide one another.
    let families = Family.allCases.filter { family in
      // Behind a frozen clock leases are not judged any more, so few seeds have one.
      random.chance(family == .freeze ? 1 : 4, in: 10)
    }
    guard !families.isEmpty else { return }
    let gap = 300_000_000 + random.below(4_000_000_000)
    let longest = 500_000_000 + random.below(8_000_000_000)
    var at = random.below(gap) + 200_000_000
    while at < options.seconds * 1_000_000_000 {
      let family = families[Int(random.below(UInt64(families.count)))]
      faults.append(
        Fault(
          at: at, lasts: 100_000_000 + random.below(longest),
          kind: draw(family, options, &random),
          aim: random.chance(1, in: 2) ? random.next() : nil))
      at += 50_000_000 + random.below(gap)
    }
  }

  private mutating func drawNetwork(_ random: inout SeededRandom) {
    switch random.below(4) {
    case 0: break
    case 1: lossPercent = random.below(5)
    default: lossPercent = random.below(31)
    }
    if random.chance(1, in: 2) { repeatPercent = random.below(51) }
    if random.chance(1, in: 2) {
      detourPercent = random.below(30)
      detourMax = 1_000_000 + random.below(500_000_000)
    }
    if random.chance(1, in: 3) { writeNanosecondsMax = 1_000_000 + random.below(60_000_000) }
    leaseMilliseconds = random.chance(1, in: 3) ? 0 : UInt32(200 + random.below(2_000))
    leaseChanges = random.chance(1, in: 3)
    switch random.below(8) {
    case 0: ratePPMMax = 20_000
    case 1..<5: ratePPMMax = Self.boundPPM
    default: break
    }
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
    case .crash: return .crash(node: node)
    case .crashAll: return random.chance(1, in: 4) ? .crashAll : .crash(node: node)
    case .pause: return .pause(node: node)
    case .stopInside: return .stopInside(node: node, step: Int(pick % 3))
    case .slowDisk: return .slowDisk(node: node, nanosecondsMax: 1_000_000 + pick % 1_000_000_000)
    case .failedSync: return .failedSync(node: node)
    case .clog:
      if pick >> 40 & 1 == 0 { return .clogAll(from: node) }
      return .clog(
        from: node, to: (node + 1 + Int(pick % UInt64(max(1, options.nodes - 1)))) % options.nodes)
    case .stepWall:
      if pick >> 40 & 1 == 0 {
        return .stepAllWalls(milliseconds: Int64(pick % 40_000) - 20_000)
      }
      return .stepWall(node: node, milliseconds: Int64(pick % 40_000) - 20_000)
    case .rate:
      let span = UInt64(2 * ratePPMMax + 1)
      return .rate(node: node, ppm: Int64(pick % span) - ratePPMMax)
    case .freeze: return .freeze(node: node)
    case .spoil: return .spoil(node: node, pick: pick)
    case .loseDisk: return .loseDisk(node: node)
    case .transfer: return .transfer(pick: pick)
    case .mutiny: return .mutiny(pick: pick)
    case .members: return .changeMembers(pick: pick)
    }
  }

  /// The rate of one node's clocks.
  func rate(_ random: inout SeededRandom) -> Int64 {
    guard ratePPMMax > 0 else { return 0 }
    return Int64(random.below(UInt64(2 * ratePPMMax + 1))) - ratePPMMax
  }

  package var count: Int { faults.count }

  /// The plan in words, a line a fault.
  package func lines(without: [Int] = []) -> [String] {
    [
      "loss \(lossPercent) %, repeated \(repeatPercent) %, detours \(detourPercent) % up to "
        + "\(detourMax / 1_000_000) ms, writes up to \(writeNanosecondsMax / 1_000_000) ms, "
        + "clocks within \(ratePPMMax) ppm, leases of \(leaseMilliseconds) ms"
        + (leaseChanges ? " or a quarter" : "")
    ]
      + faults.indices.filter { !without.contains($0) }.map { at in
        let fault = faults[at]
        return "fault \(at) at \(fault.at / 1_000_000) ms for \(fault.lasts / 1_000_000) ms: "
          + "\(fault.kind)" + (fault.aim == nil ? "" : ", aimed at a leader")
      }
  }
}
