import Foundation
import Synchronization
import Testing

@testable import LogStorage

@Suite struct WorkThreadTests {
  private final class Seen: Sendable {
    let turns = Mutex<[[Int]]>([])
    var all: [Int] { turns.withLock { $0.flatMap(\.self) } }
  }

  private func started(capacity: Int, max: Int) -> (WorkThread<Int>, Seen) {
    let thread = WorkThread<Int>(name: "test", capacity: capacity)
    let seen = Seen()
    thread.start(max: max) { work in
      seen.turns.withLock { $0.append(work) }
      return true
    }
    return (thread, seen)
  }

  @Test func lazyWorkRidesWithTheNextOtherWorkInOrder() {
    let (thread, seen) = started(capacity: 1_000, max: 1_000)
    for number in 0..<10 { thread.submitLazily(number) }
    #expect(thread.count == 10)
    #expect(seen.all.isEmpty)
    thread.submit(10)
    thread.finish()
    #expect(seen.turns.withLock { $0 } == [Array(0...10)])
  }

  @Test func muchLazyWorkIsNotLeftLyingAndTheEndFinishesTheRest() {
    let (thread, seen) = started(capacity: 1_000, max: 7)
    for number in 0..<500 { thread.submitLazily(number) }
    thread.finish()
    #expect(seen.all == Array(0..<500))
    #expect(seen.turns.withLock { $0.allSatisfy { $0.count <= 7 } })
  }

  /// Wake-ups are given only to who sleeps: none may be lost, with callers that wait for room too,
  /// and a queue full of lazy work is no dead end.
  @Test func manyCallersThroughASmallQueueLoseNothing() {
    let (thread, seen) = started(capacity: 2, max: 2)
    let callers = DispatchGroup()
    for caller in 0..<4 {
      DispatchQueue.global().async(group: callers) {
        for number in 0..<5_000 {
          let work = caller * 5_000 + number
          if number % 3 != 0 { thread.submitLazily(work) } else { thread.submit(work) }
        }
      }
    }
    callers.wait()
    thread.finish()
    #expect(seen.all.sorted() == Array(0..<20_000))
  }
}
