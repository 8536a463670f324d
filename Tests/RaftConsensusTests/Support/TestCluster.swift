import Primitives

@testable import RaftConsensus

/// What may go wrong in a run, in draws of a thousand per message or per step.
struct Chaos {
  var loss: UInt64 = 30
  var duplication: UInt64 = 30
  var delayMax: UInt64 = 60_000_000
  var crash: UInt64 = 15
  var cut: UInt64 = 12
  var compaction: UInt64 = 20
  var losesRows = false
  /// A member is told that its state is wrong, and a leader has to give it another.
  var takeOut: UInt64 = 0
  /// Changes of members and of the lead, wished for at a leader.
  var change: UInt64 = 0
  /// Clocks run as fast and as slow as ρ allows, and one in five nodes has one that does not keep to it.
  var drift = false
  /// A process stands still, in the middle of a turn or between two.
  var pause: UInt64 = 0

  static let none = Chaos(
    loss: 0, duplication: 0, delayMax: 2_000_000, crash: 0, cut: 0, compaction: 0)
}

/// A group on one thread in virtual time: packets that are lost, repeated and reordered, disks that
/// are slow, members that crash and come back with what was durable, links that fail one way.
struct TestCluster {
  static let stepNanoseconds: UInt64 = 10_000_000

  var nodes: [TestNode]
  var checkers = Checkers()
  let configuration: Configuration
  /// There are nodes that may be added.
  let membersChange: Bool
  private(set) var now: UInt64 = 1_000_000_000
  private var random: SeededRandom
  /// Messages under way: element n is due n steps from now.
  private var underWay: [[Message]] = []
  /// (from, to) pairs that deliver nothing.
  private var cuts: [(from: MemberID, to: MemberID)] = []
  private var reads: [UInt64: LogIndex] = [:]
  private var nextToken: UInt64 = 0
  private var nextPayload: UInt64 = 0
  private(set) var changes = 0
  private(set) var transfers = 0

  init(
    seed: UInt64, configuration: Configuration, strangers: [MemberID] = [],
    settings: RaftSettings = TestCluster.settings
  ) {
    random = SeededRandom(seed: seed)
    self.configuration = configuration
    membersChange = !strangers.isEmpty
    nodes = []
    for member in configuration.members + strangers {
      nodes.append(
        TestNode(
          member: member, configuration: configuration, settings: settings, now: now,
          seed: random.next()))
    }
  }

  /// Small windows, batches and chunks, so that short runs meet every limit.
  static var settings: RaftSettings {
    var settings = RaftSettings()
    settings.heartbeatNanoseconds = 50_000_000
    settings.electionNanoseconds = 150_000_000...300_000_000
    settings.inFlightMessagesMax = 4
    settings.appendBytesMax = 200
    settings.tailBytesMax = 300
    settings.snapshotChunkBytes = 20
    settings.snapshotChunksInFlightMax = 2
    return settings
  }

  var leader: Int? {
    nodes.indices.filter { nodes[$0].isUp && nodes[$0].group.role == .leader }
      .max { nodes[$0].group.term < nodes[$1].group.term }
  }

  // MARK: A step

  mutating func step(_ chaos: Chaos) {
    now += Self.stepNanoseconds
    disturb(chaos)
    deliver(chaos)
    checkLeases()
    for at in nodes.indices where nodes[at].isUp && !isPaused(at, chaos: chaos) {
      nodes[at].group.tick(now: nodes[at].clock.reading(now))
      work(at: at, chaos: chaos)
      endTurn(at: at, chaos: chaos)
    }
  }

  mutating func run(steps: Int, _ chaos: Chaos) {
    for _ in 0..<steps where checkers.violations.isEmpty { step(chaos) }
  }

  private mutating func work(at: Int, chaos: Chaos) {
    if random.chance(1, in: 3) { propose(at: at) }
    if random.chance(1, in: 10) { read(at: at) }
    checkLeaseRead(at: at, reading: nodes[at].clock.reading(now), atLeast: committedCount)
    if random.chance(chaos.change, in: 1_000) { change(at: at) }
    if random.chance(chaos.compaction, in: 1_000) {
      nodes[at].compact(now: nodes[at].clock.reading(now))
    }
    let done = chaos.crash == 0 ? nodes[at].disk.waiting.count : Int(random.below(3))
    for message in nodes[at].finishWrites(done, now: now) { send(message, chaos) }
    if random.chance(1, in: 2) || chaos.crash == 0 { nodes[at].finishReads(now: now) }
  }

  @discardableResult
  mutating func propose(at: Int) -> ProposeResult {
    nextPayload += 1
    var writer = ByteWriter()
    writer.put(nextPayload)
    return nodes[at].group.propose(
      payload: writer.bytes,
      logTime: LogTime(milliseconds: Int64(now / 1_000_000) + Int64(random.below(50)) - 25),
      now: nodes[at].clock.reading(now))
  }

  /// A wish to change something, sensible or not.
  private mutating func change(at: Int) {
    let members = nodes.map(\.member)
    func anybody() -> MemberID { members[Int(random.below(UInt64(members.count)))] }
    if random.chance(1, in: 4) {
      if nodes[at].group.transferLeadership(to: anybody(), now: nodes[at].clock.reading(now))
        == .started
      {
        transfers += 1
      }
      return
    }
    var steps: [ConfigurationChange.Step] = []
    for _ in 0...(random.chance(1, in: 3) ? 2 : 0) {
      switch random.below(8) {
      case 0: steps.append(.remove(anybody()))
      case 1, 2: steps.append(.learner(anybody()))
      default:
        let learners = nodes[at].group.configuration.learners
        steps.append(.voter(learners.randomElement(using: &random) ?? anybody()))
      }
    }
    let change = ConfigurationChange(
      steps, transition: random.chance(1, in: 3) ? .joint : .automatic)
    if case .accepted = nodes[at].group.propose(change: change, now: nodes[at].clock.reading(now)) {
      changes += 1
    }
  }

  mutating func read(at: Int) {
    nextToken += 1
    reads[nextToken] = LogIndex(UInt64(checkers.committed.count))
    nodes[at].group.readIndex(token: nextToken, now: nodes[at].clock.reading(now))
  }

  private mutating func endTurn(at: Int, chaos: Chaos) {
    endTurn(at: at, reading: nodes[at].clock.reading(now), chaos: chaos)
  }

  private mutating func endTurn(at: Int, reading: ClockReading, chaos: Chaos) {
    let effects = nodes[at].turn(reading: reading)
    if nodes[at].group.isInService { nodes[at].lostRows = false }
    if let request = effects.persist { checkers.check(request, at: nodes[at]) }
    for entry in effects.committed {
      checkers.check(
        entry, in: nodes[at].group.term, at: nodes,
        voters: membersChange ? nil : configuration.quorum)
    }
    for event in effects.events { checkers.check(event, at: nodes[at]) }
    for answer in effects.reads { take(answer) }
    for message in effects.sendNow { send(message, chaos) }
  }

  private mutating func take(_ answer: ReadAnswer) {
    switch answer {
    case .readable(let token, let index):
      guard let atLeast = reads.removeValue(forKey: token) else {
        checkers.fail("read \(token) is answered twice")
        return
      }
      checkers.checkRead(index: index, atLeast: atLeast)
    case .failed(let token):
      if reads.removeValue(forKey: token) == nil { checkers.fail("read \(token) fails twice") }
    }
  }

  // MARK: Leases

  /// All that anybody ever gave to its application.
  private var committedCount: LogIndex { LogIndex(UInt64(checkers.committed.count)) }

  /// At no instant do two leaders have a lease, and the one that has it knows all that is committed.
  private mutating func checkLeases() {
    var holder: MemberID?
    for at in nodes.indices where nodes[at].isUp {
      guard let index = nodes[at].group.leaseRead(now: nodes[at].clock.reading(now)) else {
        continue
      }
      if let holder {
        checkers.fail("\(holder.rawValue) and \(nodes[at].member.rawValue) have leases")
      }
      if index < committedCount {
        checkers.fail(
          "\(nodes[at].member.rawValue) would read alone at \(index.rawValue), "
            + "\(committedCount.rawValue) are committed")
      }
      holder = nodes[at].member
      checkers.countLease()
    }
  }

  /// A read that came when `atLeast` was committed is made now, by an older reading perhaps.
  private mutating func checkLeaseRead(at: Int, reading: ClockReading, atLeast: LogIndex) {
    guard let index = nodes[at].group.leaseRead(now: reading) else { return }
    checkers.checkRead(index: index, atLeast: atLeast)
  }

  private mutating func bendClocks() {
    for at in nodes.indices where random.chance(1, in: 40) {
      nodes[at].clock.bend(now: now, ppm: Self.driftPPM, isFaulty: at == 0, random: &random)
    }
  }

  /// As far as clocks are off in runs with drift; the groups are told so.
  static let driftPPM: Int64 = 50_000

  /// One that stands still takes nothing more from its mailbox than what comes in this step.
  private mutating func pause(at: Int) {
    guard nodes[at].isUp, nodes[at].pause == nil else { return }
    nodes[at].pause = TestPause(
      began: now, until: now + Self.stepNanoseconds * (2 + random.below(120)),
      isAfterReading: random.chance(1, in: 2), isAsleep: random.chance(1, in: 3),
      atLeast: committedCount)
  }

  /// Whether a node stands still in this step. One that wakes goes on where it stopped: what it had
  /// taken from its mailbox meets the clock reading that it had taken, however old that is.
  private mutating func isPaused(_ at: Int, chaos: Chaos) -> Bool {
    guard var pause = nodes[at].pause else { return false }
    if pause.began == now, pause.isAfterReading { pause.reading = nodes[at].clock.reading(now) }
    nodes[at].pause = pause
    guard now >= pause.until else { return true }
    nodes[at].pause = nil
    if pause.isAsleep { nodes[at].clock.slept(nanoseconds: now - pause.began) }
    let reading = pause.reading ?? nodes[at].clock.reading(now)
    for message in pause.taken { nodes[at].group.step(message, now: reading) }
    checkLeaseRead(at: at, reading: reading, atLeast: pause.atLeast)
    endTurn(at: at, reading: reading, chaos: chaos)
    // Before it hears what went on meanwhile.
    checkLeases()
    for message in pause.later {
      nodes[at].group.step(message, now: nodes[at].clock.reading(now))
    }
    return false
  }

  // MARK: The network

  private mutating func send(_ message: Message, _ chaos: Chaos) {
    if random.chance(chaos.loss, in: 1_000) { return }
    let copies = random.chance(chaos.duplication, in: 1_000) ? 2 : 1
    for _ in 0..<copies {
      // Now and then a message is very late.
      let slow: UInt64 = random.chance(chaos.duplication, in: 1_000) ? 20 : 1
      let delay = random.below(chaos.delayMax * slow) / Self.stepNanoseconds
      while underWay.count <= Int(delay) { underWay.append([]) }
      underWay[Int(delay)].append(message)
    }
  }

  private mutating func deliver(_ chaos: Chaos) {
    guard !underWay.isEmpty else { return }
    for message in underWay.removeFirst().shuffled(using: &random) where !isCut(message) {
      guard let at = nodes.indices.first(where: { nodes[$0].member == message.to }), nodes[at].isUp
      else { continue }
      if nodes[at].pause != nil {
        nodes[at].pause!.take(message, now: now)
        continue
      }
      nodes[at].group.step(message, now: nodes[at].clock.reading(now))
    }
  }

  private func isCut(_ message: Message) -> Bool {
    cuts.contains { $0.from == message.from && $0.to == message.to }
  }

  // MARK: What goes wrong

  private mutating func disturb(_ chaos: Chaos) {
    if chaos.drift { bendClocks() }
    if chaos.pause > 0, random.chance(chaos.pause, in: 1_000) {
      pause(at: Int(random.below(UInt64(nodes.count))))
    }
    if random.chance(chaos.crash, in: 1_000) {
      crash(at: Int(random.below(UInt64(nodes.count))), losesRows: chaos.losesRows)
    }
    if chaos.takeOut > 0, random.chance(chaos.takeOut, in: 1_000) {
      takeOut(at: Int(random.below(UInt64(nodes.count))))
    }
    for at in nodes.indices where !nodes[at].isUp && random.chance(1, in: 30) {
      nodes[at].restart(now: now, seed: random.next())
    }
    if random.chance(chaos.cut, in: 1_000) { cutSomething() }
    if chaos.cut > 0, random.chance(1, in: 80) { cuts = [] }
  }

  mutating func crash(at: Int, losesRows: Bool = false) {
    guard nodes[at].isUp else { return }
    nodes[at].crash(keeping: Int(random.below(UInt64(nodes[at].disk.waiting.count + 1))))
    // One at a time: what a majority loses is lost.
    guard losesRows, !nodes.indices.contains(where: { nodes[$0].lostRows }),
      !nodes[at].disk.rows.isEmpty
    else {
      return
    }
    let lost = 1 + Int(random.below(UInt64(nodes[at].disk.rows.count)))
    nodes[at].disk.rows.removeLast(lost)
    nodes[at].lostRows = true
  }

  /// One at a time: it is a minority that is wrong.
  private mutating func takeOut(at: Int) {
    guard nodes[at].isUp, nodes[at].pause == nil,
      !nodes.indices.contains(where: { nodes[$0].lostRows })
    else { return }
    nodes[at].takeOut(now: now)
  }

  /// One member is cut off, in one direction or both; or one link fails.
  private mutating func cutSomething() {
    let one = nodes[Int(random.below(UInt64(nodes.count)))].member
    let kind = random.below(4)
    for other in nodes.map(\.member) where other != one {
      if kind != 1 { cuts.append((one, other)) }
      if kind != 2 { cuts.append((other, one)) }
      if kind == 3 { return }
    }
  }

  /// Everybody is up and hears everybody.
  mutating func heal() {
    cuts = []
    for at in nodes.indices { nodes[at].pause = nil }
    for at in nodes.indices where !nodes[at].isUp {
      nodes[at].restart(now: now, seed: random.next())
    }
  }

  mutating func cut(_ from: MemberID, _ to: MemberID) { cuts.append((from, to)) }

  /// Whether all members have applied the same. With members that change, those who belong to the
  /// group in the end.
  var agrees: Bool {
    guard let leader else { return false }
    let members = nodes[leader].group.configuration.members
    return nodes.filter { members.contains($0.member) }.allSatisfy {
      $0.state == nodes[leader].state && $0.group.isInService
        && $0.group.configuration == nodes[leader].group.configuration
    }
  }
}
