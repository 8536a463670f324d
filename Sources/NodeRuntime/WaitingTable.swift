// Who waits for an answer of a lane: one slot for each, reused, without a heap object.

/// What waits, named by tokens: prefix (8 bits), slot (24), generation (32).
struct WaitingTable<Waiting> {
  private struct Slot {
    var generation: UInt32 = 0
    var waiting: Waiting?
  }

  private let prefix: UInt64
  private var slots: [Slot] = []
  private var free: [UInt32] = []

  /// The token's width; the mailboxes' bounds are far below.
  static var slotsMax: Int { 1 << 24 }

  init(prefix: Int) {
    precondition((0..<256).contains(prefix), "prefix \(prefix) does not fit into a token")
    self.prefix = UInt64(prefix) << 56
  }

  var count: Int { slots.count - free.count }

  mutating func insert(_ waiting: consuming Waiting) -> UInt64 {
    let slot: Int
    if let reused = free.popLast() {
      slot = Int(reused)
    } else {
      slot = slots.count
      precondition(slot < Self.slotsMax, "\(slot) wait at once")
      slots.append(Slot())
    }
    slots[slot].waiting = waiting
    return prefix | UInt64(slot) << 32 | UInt64(slots[slot].generation)
  }

  /// Takes it out; nil when the token was answered before.
  mutating func remove(_ token: UInt64) -> Waiting? {
    let slot = Int(token >> 32) & 0xFF_FFFF
    guard slot < slots.count, slots[slot].generation == UInt32(truncatingIfNeeded: token)
    else { return nil }
    // Moved out: a copy would count references twice for every call.
    guard let waiting = slots[slot].waiting.take() else { return nil }
    slots[slot].generation &+= 1
    free.append(UInt32(slot))
    return waiting
  }
}
