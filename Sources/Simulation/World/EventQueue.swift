/// What is to happen, in order of time; of one instant, in the order in which it was scheduled. A
/// binary heap of small keys, so that a payload is moved twice in its life and never compared.
struct EventQueue<Payload> {
  private struct Key {
    var at: UInt64
    var order: UInt64
    var slot: Int

    @inline(__always)
    static func < (a: Key, b: Key) -> Bool { a.at != b.at ? a.at < b.at : a.order < b.order }
  }

  private var heap: [Key] = []
  private var slots: [Payload?] = []
  private var free: [Int] = []
  private var order: UInt64 = 0

  var count: Int { heap.count }
  var nextTime: UInt64? { heap.first?.at }

  mutating func schedule(_ payload: Payload, at time: UInt64) {
    order += 1
    let slot: Int
    if let reused = free.popLast() {
      slot = reused
      slots[slot] = payload
    } else {
      slot = slots.count
      slots.append(payload)
    }
    heap.append(Key(at: time, order: order, slot: slot))
    rise(heap.count - 1)
  }

  /// The next one, if it is due by `end`.
  mutating func pop(before end: UInt64) -> (at: UInt64, payload: Payload)? {
    guard let first = heap.first, first.at <= end else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink(0)
    }
    let payload = slots[first.slot].take()!
    free.append(first.slot)
    return (first.at, payload)
  }

  private mutating func rise(_ start: Int) {
    var at = start
    let key = heap[at]
    while at > 0 {
      let parent = (at - 1) / 2
      guard key < heap[parent] else { break }
      heap[at] = heap[parent]
      at = parent
    }
    heap[at] = key
  }

  private mutating func sink(_ start: Int) {
    var at = start
    let key = heap[at]
    while true {
      var child = at * 2 + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      guard heap[child] < key else { break }
      heap[at] = heap[child]
      at = child
    }
    heap[at] = key
  }
}
