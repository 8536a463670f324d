// Who waits for the outcome of a command: one slot per command under way, reused, without a heap
// object for a unary call.

import GRPCTransport
import StockLedger
import WireFormat

/// Takes the outcomes of commands that belong together: a batch, a stream, a count over shards.
protocol PartReceiver: AnyObject {
  /// `outcome` reads from memory that is valid during the call only.
  func part(_ number: Int, _ requestID: RequestID, _ outcome: OutcomeRecord, at point: AnswerPoint)
  func part(_ number: Int, _ requestID: RequestID, refused: RequestRefusal)
}

/// Who asked, and how the answer is to be written.
struct WaitingCall {
  var call: CallHandle
  var method: HoldfastMethod
  var requestID: RequestID
  /// Set for a part of something bigger; then `call` is not answered directly.
  var receiver: (any PartReceiver)?
  var part: Int

  init(call: CallHandle, method: HoldfastMethod, requestID: RequestID) {
    self.call = call
    self.method = method
    self.requestID = requestID
    receiver = nil
    part = 0
  }

  init(part: Int, of receiver: any PartReceiver, method: HoldfastMethod, requestID: RequestID) {
    call = CallHandle(token: 0)
    self.method = method
    self.requestID = requestID
    self.receiver = receiver
    self.part = part
  }
}

/// The waiting calls of one loop, named by tokens: loop (8 bits), slot (24), generation (32).
struct CallTable {
  private struct Slot {
    var generation: UInt32 = 0
    var waiting: WaitingCall?
  }

  private let loop: Int
  private var slots: [Slot] = []
  private var free: [UInt32] = []

  /// The token's width; the mailboxes' bounds are far below.
  static let slotsMax = 1 << 24

  init(loop: Int) {
    precondition(loop < 256, "loop \(loop) does not fit into a token")
    self.loop = loop
  }

  var count: Int { slots.count - free.count }

  mutating func insert(_ waiting: consuming WaitingCall) -> UInt64 {
    let slot: Int
    if let reused = free.popLast() {
      slot = Int(reused)
    } else {
      slot = slots.count
      precondition(slot < Self.slotsMax, "\(slot) calls wait on one loop")
      slots.append(Slot())
    }
    slots[slot].waiting = waiting
    return UInt64(loop) << 56 | UInt64(slot) << 32 | UInt64(slots[slot].generation)
  }

  /// Takes the call out; nil when the token was answered before.
  mutating func remove(_ token: UInt64) -> WaitingCall? {
    let slot = Int(token >> 32) & 0xFF_FFFF
    guard slot < slots.count, slots[slot].generation == UInt32(truncatingIfNeeded: token)
    else { return nil }
    // Moved out: a copy would count references twice for every call.
    guard let waiting = slots[slot].waiting.take() else { return nil }
    slots[slot].generation &+= 1
    free.append(UInt32(slot))
    return waiting
  }

  static func loop(of token: UInt64) -> Int { Int(token >> 56) }
}
