import Foundation

/// A thread of its own with a bounded queue: disk work never runs on a pool that others wait on.
final class WorkThread<Work: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private let capacity: Int
  // All below is guarded by `condition`.
  private var waiting: [Work] = []
  private var isOpen = true
  private var hasEnded = false

  init(name: String, capacity: Int) {
    self.capacity = capacity
    self.name = name
  }

  private let name: String

  /// Runs `turn` with everything that waits (up to `max`) until it answers false or the queue was
  /// ended and is empty.
  func start(max: Int, turn: sending @escaping ([Work]) -> Bool) {
    let turn = Box(turn)
    let thread = Thread { [self] in
      while let work = take(max: max), turn.value(work) {}
      end()
    }
    thread.name = name
    thread.stackSize = 1 << 20
    thread.start()
  }

  private final class Box: @unchecked Sendable {
    let value: ([Work]) -> Bool
    init(_ value: @escaping ([Work]) -> Bool) { self.value = value }
  }

  /// Waits while the queue is full; work after the end is dropped.
  func submit(_ work: Work) {
    condition.lock()
    while waiting.count >= capacity, isOpen { condition.wait() }
    add(work)
    condition.unlock()
  }

  /// For work that follows from work: never waits, so that two threads can't wait for each other.
  /// False after the end: the work is dropped.
  @discardableResult
  func submitWithoutWaiting(_ work: Work) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    add(work)
    return isOpen
  }

  private func add(_ work: Work) {
    guard isOpen else { return }
    waiting.append(work)
    condition.broadcast()
  }

  var count: Int {
    condition.lock()
    defer { condition.unlock() }
    return waiting.count
  }

  /// Takes no more work, finishes what waits, and returns when the thread has ended.
  func finish() {
    condition.lock()
    isOpen = false
    condition.broadcast()
    while !hasEnded { condition.wait() }
    condition.unlock()
  }

  private func take(max: Int) -> [Work]? {
    condition.lock()
    defer { condition.unlock() }
    while waiting.isEmpty, isOpen { condition.wait() }
    guard !waiting.isEmpty else { return nil }
    let taken: [Work]
    if waiting.count <= max {
      taken = waiting
      waiting = []
    } else {
      taken = Array(waiting.prefix(max))
      waiting.removeFirst(max)
    }
    condition.broadcast()
    return taken
  }

  private func end() {
    condition.lock()
    isOpen = false
    hasEnded = true
    waiting = []
    condition.broadcast()
    condition.unlock()
  }
}
