import Primitives

// Remembered requests in forty bytes each (rule Q2): there are up to sixteen million of them.

/// A request to remember whose reservation has ended, or that never had one.
struct EndedRequest {
  var requestID: Hash128
  var fingerprint: Hash128
  /// The reservation that it made, or acted on; for AdjustSupply the units on hand after it.
  var number: UInt64 = 0
  /// When it was first sent; 0 when it did not say.
  var stampSeconds: UInt32
  var kind: CommandKind
  var outcome = FillOutcome.full
  /// 0 for what is no reservation.
  var stateByte: UInt8 = 0
}

extension EndedRequest {
  init(_ identity: RequestIdentity, _ kind: CommandKind, number: UInt64 = 0) {
    requestID = identity.key
    fingerprint = identity.fingerprint
    stampSeconds = identity.stampSeconds
    self.kind = kind
    self.number = number
  }
}

/// A remembered request. The id and the fingerprint are there in full: they decide, never a hash.
/// When it ended, the books know by its place.
struct EndedRow: BitwiseCopyable, Sendable {
  var requestID: Hash128
  var fingerprint: Hash128
  var facts: EndedFacts
}

/// The small facts of a remembered request in one word: kind (4 bits), outcome (2), state (3), how
/// the rest is kept (2), and the rest (53).
struct EndedFacts: BitwiseCopyable, Sendable {
  /// How number and stamp are kept.
  enum Form: UInt64 {
    /// The number; there is no stamp.
    case unstamped = 0
    /// The number; the stamp is the time in the request's UUIDv7.
    case stampedByID = 1
    /// 18 bits of age of the stamp at the end, three days, and 35 bits of number.
    case aged = 2
    /// A block of the heap: what does not fit a word, and what has an answer to keep.
    case block = 3
  }

  static let void: UInt8 = 0
  /// A stamp may be ahead of log time by the tolerance of rule Q2.
  private static let aheadSeconds: Int64 = 512
  private static let ageBits: UInt64 = 18
  private static let numberBits: UInt64 = 35
  private static let restShift: UInt64 = 11
  private static let restMax: UInt64 = 1 << 53 - 1

  private(set) var raw: UInt64

  init(_ request: EndedRequest, _ form: Form, _ rest: UInt64) {
    precondition(
      request.kind.rawValue < 16 && request.stateByte < 8 && rest <= Self.restMax,
      "kind \(request.kind.rawValue), state \(request.stateByte), \(rest) do not fit a word")
    raw = UInt64(request.kind.rawValue) | UInt64(request.outcome.rawValue) << 4
    raw |= UInt64(request.stateByte) << 6 | form.rawValue << 9 | rest << Self.restShift
  }

  /// The request's facts in a word; nil when they need a block.
  init?(_ request: EndedRequest, endedSeconds: UInt32) {
    let age = Int64(endedSeconds) + Self.aheadSeconds - Int64(request.stampSeconds)
    if request.stampSeconds == 0, request.number <= Self.restMax {
      self.init(request, .unstamped, request.number)
    } else if request.stampSeconds == RequestID.stampSeconds(request.requestID),
      request.number <= Self.restMax
    {
      self.init(request, .stampedByID, request.number)
    } else if age >= 0, age < 1 << Self.ageBits, request.number < 1 << Self.numberBits {
      self.init(request, .aged, UInt64(age) << Self.numberBits | request.number)
    } else {
      return nil
    }
  }

  /// `CommandKind`, or `void` when a reservation came back to life.
  var kind: UInt8 { UInt8(raw & 15) }
  var outcome: UInt8 { UInt8(raw >> 4 & 3) }
  var state: UInt8 { UInt8(raw >> 6 & 7) }
  /// Two bits: every value is a form.
  var form: Form { Form(rawValue: raw >> 9 & 3)! }
  private var rest: UInt64 { raw >> Self.restShift }

  /// The block's id; 0 for what has none.
  var block: UInt32 {
    get { form == .block ? UInt32(truncatingIfNeeded: rest) : 0 }
    set {
      precondition(form == .block, "block \(newValue) for a request without one")
      raw = raw & (1 << Self.restShift - 1) | UInt64(newValue) << Self.restShift
    }
  }

  mutating func makeVoid() { raw &= ~15 }

  /// The number that is kept in the word.
  var number: UInt64 { form == .aged ? rest & (1 << Self.numberBits - 1) : rest }

  /// The stamp that is kept in the word, or in the id.
  func stampSeconds(_ requestID: Hash128, endedSeconds: UInt32) -> UInt32 {
    switch form {
    case .unstamped, .block: return 0
    case .stampedByID: return RequestID.stampSeconds(requestID)
    case .aged:
      let age = Int64(truncatingIfNeeded: rest >> Self.numberBits)
      return UInt32(clamping: Int64(endedSeconds) + Self.aheadSeconds - age)
    }
  }
}

/// The block of a request that has one: number u64, stamp u32, answer.
enum EndedBlock {
  static let headBytes = 12

  /// Block of `request` with an answer that can't be derived.
  static func make(
    _ request: EndedRequest, answer: UnsafeRawBufferPointer, in heap: inout ByteHeap
  ) -> UInt32 {
    let block = heap.allocate(zeroes: headBytes + answer.count)
    unsafe heap.update(block) { bytes in
      unsafe bytes.storeBytes(of: request.number, as: UInt64.self)
      unsafe bytes.storeBytes(of: request.stampSeconds, toByteOffset: 8, as: UInt32.self)
      unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[headBytes...]).copyMemory(from: answer)
    }
    return block
  }
}

extension Books {
  /// The row of a request that ends now.
  mutating func row(
    of request: EndedRequest, endedSeconds: UInt32, answer: UnsafeRawBufferPointer
  ) -> EndedRow {
    var row = EndedRow(
      requestID: request.requestID, fingerprint: request.fingerprint,
      facts: EndedFacts(request, .block, 0))
    if answer.count == 0, let facts = EndedFacts(request, endedSeconds: endedSeconds) {
      row.facts = facts
    } else {
      row.facts.block = unsafe EndedBlock.make(request, answer: answer, in: &heap)
    }
    return row
  }

  func number(of row: EndedRow) -> UInt64 {
    row.facts.form == .block
      ? self.row(row.facts.block, at: 0, as: UInt64.self) : row.facts.number
  }

  func stampSeconds(of row: EndedRow, endedSeconds: UInt32) -> UInt32 {
    row.facts.form == .block
      ? self.row(row.facts.block, at: 8, as: UInt32.self)
      : row.facts.stampSeconds(row.requestID, endedSeconds: endedSeconds)
  }

  /// Whether an answer had to be kept.
  func hasAnswer(_ row: EndedRow) -> Bool { heap.length(row.facts.block) > EndedBlock.headBytes }

  /// The answer that had to be kept; empty where it can be derived.
  @inline(__always)
  func withAnswer<R>(of row: EndedRow, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    unsafe heap.withBytes(row.facts.block) {
      unsafe body(UnsafeRawBufferPointer(rebasing: $0.dropFirst(EndedBlock.headBytes)))
    }
  }

  /// The ended place whose last 32 bits these are: there are never more than so many places.
  @inline(__always)
  func endedPlace(_ short: UInt32) -> UInt64 {
    let last = header.endedTail &- 1
    return last &- UInt64(UInt32(truncatingIfNeeded: last) &- short)
  }
}

// When the requests ended. Log time never goes back, so a second has a run of places, and only the
// first place of each run is written down: at most one for each second of the horizon, and few
// where there are many requests.
extension Books {
  /// Takes the next place, for a request that ends in this second.
  mutating func takeEndedPlace(_ seconds: UInt32) -> UInt64 {
    let place = header.endedTail
    if header.endedHead == place {
      header.endedHeadSeconds = seconds
    } else if seconds != header.endedTailSeconds {
      endedSeconds.insert(seconds, at: place)
    }
    header.endedTailSeconds = seconds
    header.endedTail += 1
    return place
  }

  /// Gives up the first place.
  mutating func dropEndedPlace() {
    header.endedHead += 1
    if let seconds = endedSeconds.remove(header.endedHead) { header.endedHeadSeconds = seconds }
  }
}
