// The work of one reservation across rooms: its record is written, applied to a ledger, and the
// outcome read. `cluster/bench-modules` builds this twice: on the rooms as they are, and with all
// of it in one module. Prints nanoseconds a reservation for each part.

import Primitives
import StockLedger

let calls = 400_000
let entrySize = 64

func text(_ text: String, _ out: inout ByteWriter) { out.put(short: Array(text.utf8)) }

func record(
  _ kind: CommandKind, _ id: String, _ out: inout ByteWriter, _ body: (inout ByteWriter) -> Void
) {
  let mark = CommandWriter.begin(kind, requestID: Array(id.utf8), into: &out)
  body(&out)
  CommandWriter.end(mark, into: &out)
}

func item(_ kind: CommandKind, _ out: inout ByteWriter, _ body: (inout ByteWriter) -> Void) {
  out.put(kind.rawValue)
  body(&out)
}

struct Shop {
  var ledger = ShardLedger(shard: ShardID(2))
  var index: UInt64 = 0
  var outcomes = ByteWriter()

  mutating func enter(_ payload: [UInt8]) {
    index += 1
    outcomes.bytes.removeAll(keepingCapacity: true)
    ledger.apply(
      payload: payload, index: LogIndex(index), term: Term(1),
      logTime: LogTime(milliseconds: 1_700_000_000_000 + Int64(index)), outcomes: &outcomes)
  }

  /// One pool, one location, one SKU with much on hand.
  mutating func stock() {
    var body = ByteWriter()
    body.put(UInt64(0))
    body.put(UInt64(0))
    body.put(UInt64(4))
    body.put(UInt32(4))
    item(.putLocation, &body) { for name in ["dc", "eu", "a"] { text(name, &$0) } }
    item(.putPool, &body) {
      text("main", &$0)
      for name in ["eu", "dc"] {
        $0.put(UInt16(1))
        text(name, &$0)
      }
    }
    item(.putSku, &body) {
      text("hot", &$0)
      text("each", &$0)
      $0.put(UInt8(1))
      $0.put(UInt16(0))
    }
    item(.putAccount, &body) {
      for name in ["hot", "dc", "us", "main"] { text(name, &$0) }
      $0.put(Int64(0))
    }
    var payload = ByteWriter()
    CommandWriter.catalogUpdate(body: body.bytes, term: Term(1), into: &payload)
    enter(payload.bytes)
    var supply = ByteWriter()
    record(.adjustSupply, "supply", &supply) {
      text("erp", &$0)
      $0.put(UInt64(0))
      for name in ["hot", "dc", "us"] { text(name, &$0) }
      $0.put(Int64(1_000_000_000))
      $0.put(Absent.day)
      $0.put(Absent.time)
      text("ref", &$0)
    }
    enter(supply.bytes)
  }
}

/// A reservation of one unit, as the wire's decoder writes it.
@inline(never)
func write(_ high: UInt64, _ number: UInt64, into out: inout ByteWriter) {
  var id: (UInt64, UInt64) = (high, number.byteSwapped)
  unsafe withUnsafeBytes(of: &id) { id in
    let mark = unsafe CommandWriter.begin(
      CommandKind.reserve.rawValue, requestID: id, firstSentAt: Absent.time, into: &out)
    out.put(UInt8(0))
    out.put(UInt8(0))
    out.put(UInt8(0))
    out.put(Int64(900_000))
    out.put(UInt8(Fill.allOrNothing.rawValue))
    out.put(Absent.day)
    out.put(UInt16(1))
    out.put(UInt8(3))
    out.put(UInt8(ascii: "h"))
    out.put(UInt8(ascii: "o"))
    out.put(UInt8(ascii: "t"))
    out.put(Int64(1))
    out.put(UInt8(0))
    out.put(UInt8(0))
    CommandWriter.end(mark, into: &out)
  }
}

/// Counts the reservations: the first byte of an outcome's body says how much was reserved.
@inline(never)
func read(_ outcomes: [UInt8]) -> Int {
  var made = 0
  unsafe outcomes.withUnsafeBytes { bytes in
    var reader = unsafe OutcomeReader(bytes)
    while var outcome = reader.next() {
      guard outcome.refusal == .none else { continue }
      if outcome.body.get(UInt8.self) != 0 { made += 1 }
    }
  }
  return made
}

/// Nanoseconds that `body` takes.
func time(_ body: () -> Void) -> Double {
  let clock = ContinuousClock()
  let start = clock.now
  body()
  return (clock.now - start) / .nanoseconds(1)
}

var shop = Shop()
shop.stock()
var writing = 0.0
var applying = 0.0
var reading = 0.0
var made = 0
var payload = ByteWriter()
for entry in 0..<calls / entrySize {
  payload.bytes.removeAll(keepingCapacity: true)
  writing += time {
    for call in 0..<entrySize { write(7, UInt64(entry * entrySize + call), into: &payload) }
  }
  applying += time { shop.enter(payload.bytes) }
  reading += time { made += read(shop.outcomes.bytes) }
}
let count = Double(calls / entrySize * entrySize)
precondition(made == Int(count), "\(made) of \(count) reserved")
print("{\"write\":\(writing / count),\"apply\":\(applying / count),\"read\":\(reading / count)}")
