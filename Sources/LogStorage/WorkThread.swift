import Foundation

/// A thread of its own with a bounded queue: disk work never runs on a pool that others wait on.
final class WorkThread<Work: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private let capacity: Int
  // All below is guarded by `condition`.
  private var waiting: [Work] = []
  /// Some of what waits should not wait for long.
  private var isUrgent = false
  /// The thread sleeps and nobody has woken it yet.
  private var isAsleep = false
  /// Callers that wait for room, or for the end.
  private var waiters = 0
  private var isOpen = true
  private var hasEnded = false

  /// `yielding`: nothing waits for its work, so others get the processor first.
  init(name: String, capacity: Int, yielding: Bool = false) {
    self.capacity = capacity
    self.name = name
    isYielding = yielding
  }

  private let name: String
  private let isYielding: Bool

  /// Runs `turn` with everything that waits (up to `max`) until it answers false or the queue was
  /// ended and is empty.
  func start(max: Int, turn: sending @escaping ([Work]) -> Bool) {
    let turn = Box(turn)
    let thread = Thread { [self] in
      // On Linux this is the thread's own; more niceness needs no rights.
      if isYielding {
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.yieldingNiceness)
      }
      while let work = take(max: max), turn.value(work) {}
      end()
    }
    thread.name = name
    thread.stackSize = 1 << 20
    thread.start()
  }

  /// Runs `each` with one piece of work after the other; an error goes to `fatal`, and is the end.
  func start(
    fatal: @escaping @Sendable (String) -> Void,
    each: @escaping @Sendable (Work) throws(StorageError) -> Void
  ) {
    start(max: 1) { work in
      do throws(StorageError) {
        for item in work { try each(item) }
        return true
      } catch {
        fatal("storage: \(error)")
        return false
      }
    }
  }

  private static var yieldingNiceness: Int32 { 10 }

  private final class Box: @unchecked Sendable {
    let value: ([Work]) -> Bool
    init(_ value: @escaping ([Work]) -> Bool) { self.value = value }
  }

  /// Waits while the queue is full; work after the end is dropped.
  func submit(_ work: Work) {
    condition.lock()
    while waiting.count >= capacity, isOpen { wait() }
    let wakes = add(work)
    unlock(andWake: wakes)
  }

  /// For work that nothing waits for: it does not wake the thread, but is done with the next work
  /// that does, or when much of it waits.
  func submitLazily(_ work: Work) {
    condition.lock()
    while waiting.count >= capacity, isOpen { wait() }
    let wakes = add(work, isUrgent: waiting.count + 1 >= min(Self.lazyMax, capacity))
    unlock(andWake: wakes)
  }

  private static var lazyMax: Int { 64 }

  /// For work that follows from work: never waits, so that two threads can't wait for each other.
  /// False after the end: the work is dropped.
  @discardableResult
  func submitWithoutWaiting(_ work: Work) -> Bool {
    condition.lock()
    let wasOpen = isOpen
    let wakes = add(work)
    unlock(andWake: wakes)
    return wasOpen
  }

  /// True if the thread has to be woken.
  private func add(_ work: Work, isUrgent: Bool = true) -> Bool {
    guard isOpen else { return false }
    waiting.append(work)
    guard isUrgent else { return false }
    self.isUrgent = true
    defer { isAsleep = false }
    return isAsleep
  }

  private func wait() {
    waiters += 1
    condition.wait()
    waiters -= 1
  }

  /// Wakes after the lock is free: whoever wakes up does not have to wait for it again.
  private func unlock(andWake wakes: Bool) {
    condition.unlock()
    if wakes { condition.broadcast() }
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
    while !hasEnded { wait() }
    condition.unlock()
  }

  private func take(max: Int) -> [Work]? {
    condition.lock()
    while !isUrgent, isOpen {
      isAsleep = true
      condition.wait()
    }
    isAsleep = false
    guard !waiting.isEmpty else {
      condition.unlock()
      return nil
    }
    let taken: [Work]
    if waiting.count <= max {
      taken = waiting
      waiting = []
    } else {
      taken = Array(waiting.prefix(max))
      waiting.removeFirst(max)
    }
    isUrgent = !waiting.isEmpty
    unlock(andWake: waiters > 0)
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
