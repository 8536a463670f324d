import Primitives
import StockLedger
import Testing

@testable import WireFormat

/// Requests become the command records of the ledger, byte for byte.
@Suite struct CommandDecodingTests {
  @Test func reserveBecomesItsRecord() throws {
    let decoded = try decode(.reserve, Samples.reserve().encoded())
    #expect(decoded.route.target == .shard)
    #expect(decoded.pool == "web" && decoded.region == "eu")
    #expect(decoded.route.requestID.text == Samples.reserve().requestID)
    var expected = ByteWriter()
    let mark = CommandWriter.begin(
      .reserve, requestID: Array(Samples.reserve().requestID.utf8),
      firstSentAt: 1_700_000_000_123, into: &expected)
    for text in ["4711", "c-9", "shop"] { expected.put(short: Array(text.utf8)) }
    expected.put(Int64(90_000))
    expected.put(UInt8(2))
    expected.put(Int32(20_513))
    expected.put(UInt16(2))
    for (sku, quantity) in [("sku-1", Int64(3)), ("sku-2", 1)] {
      expected.put(short: Array(sku.utf8))
      expected.put(quantity)
      expected.put(short: Array("carton".utf8))
      expected.put(short: Array("ham".utf8))
    }
    CommandWriter.end(mark, into: &expected)
    #expect(decoded.record == expected.bytes)
  }

  @Test func whatIsLeftOutHasItsDefault() throws {
    var request = API.ReserveRequest()
    request.pool = "web"
    request.lines = [Samples.quantityOnly("a", 1)]
    let decoded = try decode(.reserve, request.encoded())
    #expect(decoded.region == "eu", "the decoder's own region")
    #expect(decoded.route.requestID.text == RequestID(Samples.minted).text)
    var body = ByteWriter()
    for _ in 0..<3 { body.put(short: []) }
    body.put(Int64(15 * 60_000))
    body.put(UInt8(1))
    body.put(Absent.day)
    body.put(UInt16(1))
    body.put(short: Array("a".utf8))
    body.put(Int64(1))
    body.put(short: [])
    body.put(short: [])
    #expect(decoded.bodyBytes == body.bytes)
  }

  @Test func aMintedIDIsAUUIDOfVersionSeven() {
    let text = RequestID(Samples.minted).text
    #expect(text.count == 36 && text.hasPrefix("018bcfe5-6800-7"))
    #expect("89ab".contains(text.dropFirst(19).first!))
    var random = SeededRandom(seed: 3)
    for _ in 0..<1_000 {
      let minted = MintedID(milliseconds: Int64(random.next() >> 1), random: &random)
      let digits = RequestID(minted).text.split(separator: "-").map { Int($0.count) }
      #expect(digits == [8, 4, 4, 4, 12])
      let all = RequestID(minted).text.filter { $0 != "-" }
      #expect(UInt64(all.prefix(16), radix: 16) == minted.high)
      #expect(UInt64(all.suffix(16), radix: 16) == minted.low)
      #expect(all == all.lowercased())
    }
  }

  @Test func namedCommandsCarryTheReservationsNumber() throws {
    for (method, bytes) in Samples.commands[1...4] {
      let decoded = try decode(method, bytes)
      #expect(decoded.route.number == 42 && decoded.pool == "web" && decoded.region == "eu")
      let number = decoded.bodyBytes.prefix(8)
      #expect(Array(number) == [42, 0, 0, 0, 0, 0, 0, 0], "\(method)")
    }
  }

  @Test func fulfillBecomesItsRecord() throws {
    let decoded = try decode(.fulfill, Samples.fulfill().encoded())
    var body = ByteWriter()
    body.put(UInt64(42))
    body.put(UInt16(1))
    body.put(short: Array("sku-1".utf8))
    body.put(Int64(1))
    body.put(short: Array("wms".utf8))
    body.put(UInt64(12))
    #expect(decoded.bodyBytes == body.bytes)
  }

  @Test func adjustSupplyIsRoutedByItsAccount() throws {
    let decoded = try decode(.adjustSupply, Samples.adjust().encoded())
    #expect(decoded.route.target == .account)
    #expect(decoded.sku == "sku-1" && decoded.location == "ham" && decoded.owner == "acme")
    var body = ByteWriter()
    body.put(short: Array("erp".utf8))
    body.put(UInt64(9))
    for text in ["sku-1", "ham", "acme"] { body.put(short: Array(text.utf8)) }
    body.put(Int64(-5))
    body.put(Int32(20_818))
    body.put(Int64(1_700_000_000_000))
    body.put(short: Array("doc-1".utf8))
    #expect(decoded.bodyBytes == body.bytes)
  }

  @Test func catalogCommandsGoToTheCatalog() throws {
    for (method, bytes) in Samples.commands[6...] {
      #expect(try decode(method, bytes).route.target == .catalog, "\(method)")
    }
    var body = ByteWriter()
    body.put(short: Array("web".utf8))
    body.put(UInt16(2))
    for text in ["eu", "us"] { body.put(short: Array(text.utf8)) }
    body.put(UInt16(2))
    for text in ["ham", "nyc"] { body.put(short: Array(text.utf8)) }
    #expect(try decode(.putPool, Samples.putPool().encoded()).bodyBytes == body.bytes)
  }

  @Test func aCountIsSplitByHome() throws {
    var decoder = RequestDecoder(homeRegion: [])
    var out = ByteWriter()
    let bytes = Samples.sync().encoded()
    let split = try unsafe bytes.withUnsafeBytes {
      try unsafe decoder.sync($0, minted: Samples.minted, into: &out) { sku, location, owner in
        let place = unsafe [text(location), text(owner)]
        #expect(place == ["ham", "acme"])
        switch unsafe text(sku) {
        case "sku-0": return ShardID(3)
        case "sku-1": return nil
        default: return ShardID(2)
        }
      }
    }
    #expect(split.rowCount == 3 && split.unmapped == [1])
    #expect(split.parts.map(\.shard) == [ShardID(3), ShardID(2)])
    #expect(split.parts.map(\.rows) == [[0], [2]])
    #expect(split.parts[0].record.upperBound == split.parts[1].record.lowerBound)
    #expect(split.parts[1].record.upperBound == out.count)
    var body = ByteWriter()
    body.put(short: Array("erp".utf8))
    body.put(UInt64(3))
    body.put(Int64(1_700_000_000_000))
    body.put(UInt32(1))
    for text in ["sku-2", "ham", "acme"] { body.put(short: Array(text.utf8)) }
    body.put(Int64(20))
    body.put(UInt16(1))
    body.put(Int32(20_545))
    body.put(Int64(40))
    body.put(short: Array("po-1".utf8))
    let record = Array(out.bytes[split.parts[1].record])
    #expect(Array(record.suffix(body.count)) == body.bytes)
  }

  @Test func aBatchKeepsItsGoodItemsApartFromItsBadOnes() throws {
    var bad = Samples.reserve()
    bad.lines[1].quantity = 0
    var unnamed = Samples.reserve()
    unnamed.requestID = ""
    var batch = API.BatchReserveRequest()
    batch.requests = [Samples.reserve(), bad, unnamed]
    var decoder = RequestDecoder(homeRegion: [])
    var out = ByteWriter()
    var mints = 0
    let bytes = batch.encoded()
    let items = try unsafe bytes.withUnsafeBytes {
      try unsafe decoder.batch($0, into: &out) {
        mints += 1
        return Samples.minted
      }
    }
    #expect(items.count == 3 && mints == 1)
    #expect(items[1].record.isEmpty)
    #expect(items[1].refusal?.violations.first?.field == "requests[1].lines[1].quantity")
    #expect(items[1].requestID.text == bad.requestID)
    #expect(items[2].requestID.text == RequestID(Samples.minted).text)
    let single = try decode(.reserve, Samples.reserve().encoded())
    #expect(Array(out.bytes[items[0].record]) == single.record)
    #expect(items[2].record == items[0].record.upperBound..<out.count)
  }

  @Test func aStreamedRequestIsAReserve() throws {
    var streamed = API.StreamReserveRequest()
    streamed.request = Samples.reserve()
    var decoder = RequestDecoder(homeRegion: [])
    var out = ByteWriter()
    try unsafe streamed.encoded().withUnsafeBytes {
      _ = try unsafe decoder.streamed($0, minted: Samples.minted, into: &out)
    }
    #expect(out.bytes == (try decode(.reserve, Samples.reserve().encoded()).record))
    var refused: RequestRefusal?
    do {
      try unsafe [UInt8]().withUnsafeBytes {
        _ = try unsafe decoder.streamed($0, minted: Samples.minted, into: &out)
      }
    } catch { refused = error as? RequestRefusal }
    #expect(refused?.violations.first?.field == "request")
  }

  @Test func aRefusedCommandLeavesTheWriterAsItWas() throws {
    var request = Samples.reserve()
    request.lines[1].sku = ""
    var decoder = RequestDecoder(homeRegion: [])
    var out = ByteWriter()
    out.put(UInt32(7))
    _ = try? unsafe request.encoded().withUnsafeBytes {
      try unsafe decoder.command(.reserve, $0, minted: Samples.minted, into: &out)
    }
    #expect(out.bytes == [7, 0, 0, 0])
  }
}

extension Samples {
  static func quantityOnly(_ sku: String, _ quantity: Int64) -> API.ReserveLine {
    var line = API.ReserveLine()
    line.sku = sku
    line.quantity = quantity
    return line
  }
}
