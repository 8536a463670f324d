import Primitives
import Testing

@testable import Simulation

@Suite struct EventQueueTests {
  @Test func eventsComeInOrderOfTimeAndThenOfScheduling() {
    var random = SeededRandom(seed: 5)
    var queue = EventQueue<Int>()
    var expected: [(at: UInt64, number: Int)] = []
    for number in 0..<2_000 {
      let at = random.below(200)
      queue.schedule(number, at: at)
      expected.append((at, number))
    }
    expected.sort { ($0.at, $0.number) < ($1.at, $1.number) }
    for next in expected {
      let event = queue.pop(before: .max)
      #expect(event?.at == next.at && event?.payload == next.number)
    }
    #expect(queue.pop(before: .max) == nil && queue.count == 0)
  }

  @Test func nothingComesBeforeItsTime() {
    var queue = EventQueue<Int>()
    queue.schedule(1, at: 10)
    #expect(queue.pop(before: 9) == nil)
    #expect(queue.pop(before: 10)?.payload == 1)
  }
}
