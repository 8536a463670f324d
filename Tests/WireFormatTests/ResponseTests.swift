import Primitives
import StockLedger
import Testing

@testable import WireFormat

/// Responses that are written by hand are what protobuf-c reads, and what JSON shows of them.
@Suite struct ResponseTests {
  static let shard = ShardNames(id: ShardID(2), pool: Array("web".utf8), region: Array("eu".utf8))
  static let point = AnswerPoint(
    shard: shard, index: LogIndex(77), logTime: LogTime(milliseconds: 1_700_000_000_250))
  static let id = unsafe Array("id-1".utf8).withUnsafeBytes { unsafe RequestID($0) }

  static let pointJSON =
    #""logTime":"2023-11-14T22:13:20.250Z","position":{"shard":2,"index":"77"}}"#

  static func record(_ kind: UInt8, _ body: (inout ByteWriter) -> Void) -> [UInt8] {
    var out = ByteWriter()
    let mark = OutcomeWriter.begin(kind, into: &out)
    body(&out)
    OutcomeWriter.end(mark, into: &out)
    return out.bytes
  }

  static func reservation(
    into out: inout ByteWriter, number: UInt64 = .max, expiresAt: Int64 = 1_700_000_900_000
  ) {
    out.put(number)
    out.put(UInt8(1))
    out.put(expiresAt)
    out.put(UInt64(1))
    for text in ["4711", "c-9", ""] { out.put(short: Array(text.utf8)) }
    out.put(UInt16(1))
    for text in ["sku-1", "ham", "acme"] { out.put(short: Array(text.utf8)) }
    for quantity: Int64 in [3, 0, 0] { out.put(quantity) }
    out.put(Int32(20_513))
  }

  static let reservationJSON =
    #"{"name":"pools/web/regions/eu/reservations/18446744073709551615","orderId":"4711","#
    + #""customer":"c-9","pool":"web","region":"eu","state":"RESERVATION_STATE_HELD","#
    + #""expiresAt":"2023-11-14T22:28:20Z","lines":[{"sku":"sku-1","location":"ham","#
    + #""owner":"acme","reserved":"3","date":{"year":2026,"month":3,"day":1}}],"version":"1"}"#

  static func line(into out: inout ByteWriter, reason: LineReason = .none) {
    out.put(short: Array("sku-1".utf8))
    out.put(Int64(5))
    out.put(Int64(3))
    out.put(reason.rawValue)
    out.put(UInt16(1))
    for text in ["ham", "acme"] { out.put(short: Array(text.utf8)) }
    out.put(Int64(3))
    out.put(Absent.day)
  }

  /// Encodes a record's response, and gives it as protobuf-c reads it.
  static func json(_ method: HoldfastMethod, _ record: [UInt8]) -> String? {
    var out: [UInt8] = [0xAA]
    let refusal = unsafe record.withUnsafeBytes {
      var reader = unsafe OutcomeReader($0)
      return ResponseEncoder.command(method, reader.next()!, id, at: point, into: &out)
    }
    #expect(refusal == nil && out[0] == 0xAA, "what was there stays")
    return protoJSON(Array(out.dropFirst()), "holdfast.v1.\(method.name)Response")
  }

  @Test func aReserveInFull() {
    let record = Self.record(1) {
      $0.put(UInt8(1))
      $0.put(UInt8(1))
      Self.reservation(into: &$0)
      $0.put(UInt16(1))
      Self.line(into: &$0, reason: .bufferProtected)
    }
    #expect(
      Self.json(.reserve, record)
        == #"{"requestId":"id-1","outcome":"OUTCOME_FULL","reservation":"#
        + Self.reservationJSON
        + #","lines":[{"sku":"sku-1","requested":"5","reserved":"3","#
        + #""reason":"LINE_REASON_BUFFER_PROTECTED","assignments":[{"location":"ham","#
        + #""owner":"acme","quantity":"3"}]}],"# + Self.pointJSON)
  }

  @Test func aReserveOfNothing() {
    let record = Self.record(1) {
      $0.put(UInt8(3))
      $0.put(UInt8(0))
      $0.put(UInt16(0))
    }
    #expect(
      Self.json(.reserve, record)
        == #"{"requestId":"id-1","outcome":"OUTCOME_NONE","# + Self.pointJSON)
  }

  @Test func everyLineReasonHasItsName() throws {
    let names: [LineReason: String] = [
      .unknownSku: "UNKNOWN_SKU", .unknownUnit: "UNKNOWN_UNIT",
      .unknownLocation: "UNKNOWN_LOCATION", .insufficientSupply: "INSUFFICIENT_SUPPLY",
      .bufferProtected: "BUFFER_PROTECTED",
    ]
    for reason in LineReason.allCases where reason != .none {
      let record = Self.record(1) {
        $0.put(UInt8(2))
        $0.put(UInt8(0))
        $0.put(UInt16(1))
        Self.line(into: &$0, reason: reason)
      }
      let name = try #require(names[reason])
      #expect(Self.json(.reserve, record)?.contains("\"LINE_REASON_\(name)\"") == true)
    }
  }

  @Test func confirmAndTheOtherChanges() {
    let record = Self.record(2) {
      $0.put(UInt8(1))
      Self.reservation(into: &$0)
      $0.put(UInt16(0))
    }
    #expect(
      Self.json(.confirm, record)
        == #"{"requestId":"id-1","outcome":"OUTCOME_FULL","reservation":"#
        + Self.reservationJSON + "," + Self.pointJSON)
    for method in [HoldfastMethod.extend, .release, .fulfill] {
      #expect(
        Self.json(method, record)
          == #"{"requestId":"id-1","reservation":"# + Self.reservationJSON + ","
          + Self.pointJSON)
    }
  }

  @Test func supplyAndCatalog() {
    let adjusted = Self.record(6) {
      $0.put(UInt8(4))
      $0.put(Int64(2))
      $0.put(Int64(-1))
    }
    #expect(
      Self.json(.adjustSupply, adjusted)
        == #"{"requestId":"id-1","outcome":"SUPPLY_OUTCOME_SHORTFALL","shortfall":"2","#
        + #""onHand":"-1","# + Self.pointJSON)
    let put = Self.record(16) { $0.put(UInt64(9)) }
    for method in [HoldfastMethod.putSku, .putLocation, .putPool, .putAccount] {
      #expect(
        Self.json(method, put)
          == #"{"requestId":"id-1","catalogVersion":"9","# + Self.pointJSON)
    }
  }

  @Test func clientsReadTheSame() throws {
    let record = Self.record(1) {
      $0.put(UInt8(1))
      $0.put(UInt8(1))
      Self.reservation(into: &$0)
      $0.put(UInt16(1))
      Self.line(into: &$0)
    }
    var out: [UInt8] = []
    unsafe record.withUnsafeBytes {
      var reader = unsafe OutcomeReader($0)
      _ = ResponseEncoder.command(.reserve, reader.next()!, Self.id, at: Self.point, into: &out)
    }
    let response = try API.ReserveResponse(decoding: out)
    #expect(response.outcome == .full && response.position?.index == 77)
    #expect(response.reservation?.lines.first?.date == CivilDate(year: 2026, month: 3, day: 1))
    #expect(response.logTime == Self.point.logTime)
    #expect(response.encoded() == out, "our two writers agree byte for byte")
  }

  @Test func aBatchIsPutInOrder() throws {
    let record = Self.record(1) {
      $0.put(UInt8(3))
      $0.put(UInt8(0))
      $0.put(UInt16(0))
    }
    var refused = ByteWriter()
    OutcomeWriter.refuse(1, .unknownPool, into: &refused)
    for order in [[0, 1, 2], [2, 1, 0]] {
      var assembly = BatchAssembly(count: 4)
      for item in order {
        unsafe (item == 1 ? refused.bytes : record).withUnsafeBytes {
          var reader = unsafe OutcomeReader($0)
          assembly.answer(item, reader.next()!, Self.id, at: Self.point)
        }
      }
      #expect(assembly.missing == 1 && !assembly.isAnswered(3))
      let bytes = assembly.finish(missing: RequestRefusal(.deadlinePassed))
      let response = try API.BatchReserveResponse(decoding: bytes)
      #expect(
        response.results.map { $0.error?.reason } == [nil, .unknownPool, nil, .deadlinePassed])
      #expect(response.results[0].response?.outcome == API.Outcome.none)
      #expect(protoJSON(bytes, "holdfast.v1.BatchReserveResponse") != nil)
    }
  }

  @Test func aCountIsAnsweredRowByRow() throws {
    let split = SyncSplit(
      requestID: Self.id, rowCount: 3,
      parts: [
        SyncPart(shard: ShardID(2), record: 0..<0, rows: [0]),
        SyncPart(shard: ShardID(3), record: 0..<0, rows: [2]),
      ], unmapped: [1])
    let record = Self.record(7) {
      $0.put(UInt32(1))
      $0.put(UInt8(4))
      $0.put(Int64(6))
    }
    var assembly = SyncAssembly(split)
    unsafe record.withUnsafeBytes {
      var reader = unsafe OutcomeReader($0)
      assembly.answer(0, reader.next()!, at: Self.point)
    }
    #expect(assembly.missing == 1)
    assembly.refuse(1, RequestRefusal(.noLeader))
    let response = try API.SyncSupplyResponse(decoding: try assembly.finish().get())
    #expect(response.rows.map(\.outcome) == [.shortfall, .unspecified, .unspecified])
    #expect(response.rows[0].shortfall == 6)
    #expect(response.rows.map { $0.error?.reason } == [nil, .unknownAccount, .noLeader])
    #expect(response.positions.map(\.shard) == [2])
  }

  @Test func aCountThatNobodyTookIsRefused() {
    var split = SyncSplit(requestID: Self.id, rowCount: 1, parts: [], unmapped: [0])
    #expect(SyncAssembly(split).finish() == .failure(RequestRefusal(.unknownAccount)))
    split.unmapped = []
    split.parts = [SyncPart(shard: ShardID(2), record: 0..<0, rows: [0])]
    var assembly = SyncAssembly(split)
    assembly.refuse(0, RequestRefusal(.requestIDReused))
    #expect(assembly.finish() == .failure(RequestRefusal(.requestIDReused)))
  }

  @Test func aStreamedAnswerCarriesItsNumber() throws {
    var out: [UInt8] = []
    ResponseEncoder.streamed(sequence: 3, RequestRefusal(.streamBroken), into: &out)
    let response = try API.StreamReserveResponse(decoding: out)
    #expect(response.sequence == 3 && response.error?.reason == .streamBroken)
  }
}
