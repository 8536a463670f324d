import Primitives
import Testing

@testable import RaftConsensus

@Suite struct LogTests {
  /// The log's parts against an array, over random appends, truncations and trims.
  @Test func tailAndTermsAgreeWithAnArray() {
    var random = SeededRandom(seed: 21)
    for _ in 0..<60 {
      var tail = LogTail(after: LogIndex(5), logTime: .zero)
      var terms = TermRuns(floor: position(1, 5))
      var model: [Entry] = []
      for _ in 0..<120 {
        change(&tail, &terms, &model, &random)
        check(tail, terms, model)
      }
    }
  }

  /// A member that starts, or was away, has much to apply: it gets it in parts, so that it hears and
  /// votes between them, and each entry once and in order.
  @Test func muchThatIsCommittedIsHandedOutInParts() {
    let entries = ByHand.entries([UInt64](repeating: 1, count: 100))
    let mark = SnapshotMark.initial(Configuration(voters: [MemberID(1)]))
    let limit = 10 * entries[0].weight
    var settings = RaftSettings()
    settings.handOutBytesMax = limit
    var group = RaftGroup(
      member: MemberID(1), shard: ShardID(7), settings: settings,
      restored: RestoredGroup(
        hardState: HardState(term: Term(1), commit: LogIndex(100)), snapshot: mark,
        entries: entries),
      now: ClockReading(boot: 0, raw: 0, wall: 0), seed: 1)
    var given: [Entry] = []
    var turns = 0
    var effects = RaftEffects()
    while group.hasMoreToHandOut {
      group.takeEffects(now: ClockReading(boot: 0, raw: 0, wall: 0), into: &effects)
      #expect(effects.committed.reduce(0) { $0 + $1.weight } <= limit)
      given += effects.committed
      turns += 1
    }
    #expect(given == entries)
    #expect(turns == 10)
  }

  private func change(
    _ tail: inout LogTail, _ terms: inout TermRuns, _ model: inout [Entry],
    _ random: inout SeededRandom
  ) {
    switch random.below(8) {
    case 0 where tail.count > 0:
      let index = tail.firstIndex.advanced(by: random.below(UInt64(tail.count)))
      tail.truncate(from: index)
      terms.truncate(from: index)
      model.removeAll { $0.index >= index }
    case 1:
      tail.trim(toBytes: 300, upTo: tail.firstIndex.advanced(by: random.below(9)))
    default:
      let term = terms.lastTerm.rawValue + (random.chance(1, in: 4) ? 1 : 0)
      let entry = ByHand.entries([term], from: tail.lastIndex.rawValue + 1)[0]
      tail.append(entry)
      terms.append(entry.term)
      model.append(entry)
    }
  }

  private func check(_ tail: LogTail, _ terms: TermRuns, _ model: [Entry]) {
    let kept = model.filter { $0.index >= tail.firstIndex }
    #expect(tail.slice(tail.firstIndex, tail.lastIndex) == kept)
    #expect(tail.bytes == kept.reduce(0) { $0 + $1.weight })
    #expect(tail.lastLogTime == model.last?.logTime ?? .zero)
    #expect(model.allSatisfy { terms.term(at: $0.index) == $0.term })
    #expect(terms.term(at: terms.last.next) == nil)
    guard let some = model.dropFirst(model.count / 2).first else { return }
    let limit = Term(some.term.rawValue - (some.index.rawValue % 2))
    let found = terms.highest(atOrBelow: some.index, withTermAtMost: limit)
    let expected =
      model.last { $0.index <= some.index && $0.term <= limit }?.position
      ?? (limit >= Term(1) ? position(1, 5) : nil)
    #expect(found == expected)
  }

  @Test func ruleC2_writesConfirmWhatTheyLeftBehindAndNoMore() {
    var writes = WriteTracker(durable: LogIndex(3))
    let first = writes.request(upTo: LogIndex(8))
    writes.rewrite(from: LogIndex(6))
    #expect(writes.requested == LogIndex(5))
    let second = writes.request(upTo: LogIndex(7))
    writes.confirm(first)
    #expect(writes.durable == LogIndex(5))
    writes.confirm(second)
    #expect(writes.durable == LogIndex(7))
    writes.rewrite(from: LogIndex(2))
    #expect(writes.durable == LogIndex(1), "what is to be overwritten is not relied on")
  }

  @Test func aRestartHandsOutWhatIsCommittedAgain() {
    var member = ByHand()
    member.restart(term: 2, log: [1, 1, 2], commit: 2)
    member.turn()
    #expect(member.effects.committed.map(\.index) == [1, 2].map { LogIndex($0) })
    #expect(member.effects.persist == nil, "nothing is new")
  }

  @Test func windowsCountWhatIsUnderWay() {
    var window = InFlight()
    var settings = RaftSettings()
    settings.inFlightMessagesMax = 3
    settings.inFlightBytesMax = 100
    for at: UInt64 in 1...3 { window.add(last: LogIndex(at * 2), bytes: 10) }
    #expect(window.isFull(settings))
    window.free(upTo: LogIndex(3))
    #expect(window.count == 2)
    #expect(window.bytes == 20)
    #expect(!window.isFull(settings))
    window.add(last: LogIndex(9), bytes: 90)
    #expect(window.isFull(settings))
    window.free(upTo: LogIndex(9))
    #expect(window.count == 0 && window.bytes == 0)
  }
}
