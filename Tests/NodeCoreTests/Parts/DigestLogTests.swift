import Primitives
import Testing

@testable import NodeCore

@Suite struct DigestLogTests {
  @Test func ruleC10_membersTakeDigestsAtTheSameEntriesOfTheSameLogTimes() {
    let times: [Int64] = [9_990, 9_999, 10_000, 10_001, 19_999, 31_000, 31_000]
    var taken: [Int64] = []
    for (previous, time) in zip(times, times.dropFirst())
    where DigestLog.isDue(
      previous: .init(milliseconds: previous), time: .init(milliseconds: time), every: 10_000)
    {
      taken.append(time)
    }
    #expect(taken == [10_000, 31_000])
  }

  @Test func onlyTheNewestFewAreKept() {
    var log = DigestLog()
    for index in 1...20 { log.append(index: .init(UInt64(index)), digest: .zero, max: 4) }
    #expect(log.kept.map(\.index.rawValue) == [17, 18, 19, 20])
    #expect(log.digest(at: .init(16)) == nil && log.digest(at: .init(18)) == .zero)
  }
}
