// One call's place on the server; reused for the next call, so that a call allocates nothing.

import NIOCore

/// How far a call has come.
enum CallPhase: UInt8 {
  /// Free, or its headers are still being received.
  case opening
  /// Accepted; the (only) request message is being collected.
  case receiving
  /// With the dispatcher, which owes an answer.
  case dispatched
  /// The answer is with nghttp2; the handle is dead.
  case answered
}

/// All that is known of one stream. Owned by its loop's pool for ever; lent to one stream at a time.
final class CallSlot {
  let index: Int
  var generation: UInt32 = 1
  var connection: ServerConnection?
  var positionInConnection = 0
  var stream: Int32 = 0
  var phase = CallPhase.opening
  var kind = CallKind.unary
  var method = 0
  var refusal: HeaderRefusal?
  var knownPath = false
  var isPost = false
  var isGRPC = false
  var requestEnded = false
  var requestGzip = false
  var acceptsGzip = false
  var headerBytes = 0
  var deadline: NIODeadline?
  /// When the phase began that the peer could now be stalling.
  var since = NIODeadline.uptimeNanoseconds(0)
  var metadata = RawMetadata()
  /// The request's prefix and message, as far as it has arrived.
  var body = ByteStore()
  /// The answer's prefix and message.
  var answer = ByteStore()
  var answerSent = 0
  /// Received bytes for which the stream's window was not opened again yet.
  var unconsumed = 0
  /// Only streaming calls have one.
  var streaming: StreamingState?

  init(index: Int) { self.index = index }

  /// Bytes of the loop's memory budget that this call was last seen to hold.
  var chargedBytes = 0
  var heldBytes: Int { body.count + answer.count + (streaming?.heldBytes ?? 0) }

  func reset() {
    connection = nil
    stream = 0
    phase = .opening
    kind = .unary
    method = 0
    refusal = nil
    knownPath = false
    isPost = false
    isGRPC = false
    requestEnded = false
    requestGzip = false
    acceptsGzip = false
    headerBytes = 0
    deadline = nil
    metadata.clear()
    body.clear()
    answer.clear()
    answerSent = 0
    unconsumed = 0
    chargedBytes = 0
    streaming = nil
  }
}

/// Why a request is refused before a method sees it.
enum HeaderRefusal: Equatable {
  case unsupportedMediaType
  case methodNotAllowed
  case status(GRPCStatus)
}

/// What a streaming call needs besides.
final class StreamingState {
  var outbound = ByteQueue()
  /// Received while the dispatcher had paused the call.
  var parked = ByteStore()
  var assembler = MessageAssembler()
  var headersSent = false
  /// Set by `finish`: goes out after all that is queued.
  var ending: GRPCStatus?
  var deferred = false
  var paused = false
  var delivering = false
  var wasUnwritable = false
  var halfCloseDelivered = false
  var messagesTaken = 0

  var heldBytes: Int { outbound.count + parked.count + assembler.heldBytes }
}

/// The slots of one loop. A stale handle never finds a call: each use has its own generation.
struct SlotPool {
  private var slots: [CallSlot] = []
  /// The same, for use without counting references.
  private var references: [SlotRef] = []
  private var free: [Int] = []
  /// More calls than this at once on one loop are refused with REFUSED_STREAM.
  let limit: Int

  init(limit: Int) { self.limit = limit }

  var used: Int { slots.count - free.count }

  subscript(_ index: Int) -> CallSlot { slots[index] }

  mutating func take() -> SlotRef? {
    if let index = free.popLast() { return references[index] }
    guard slots.count < limit else { return nil }
    let slot = CallSlot(index: slots.count)
    slots.append(slot)
    references.append(SlotRef(slot))
    return references.last
  }

  mutating func giveBack(_ slot: CallSlot) {
    slot.generation &+= 1
    slot.reset()
    free.append(slot.index)
  }

  func live(_ call: CallHandle) -> SlotRef? {
    let index = call.slot
    guard index < references.count,
      references[index].with({ $0.generation == call.generation })
    else { return nil }
    return references[index]
  }
}
