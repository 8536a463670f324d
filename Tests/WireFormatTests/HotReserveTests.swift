import Primitives
import StockLedger
import Testing

@testable import WireFormat

/// The short way for Reserves of the usual shape and the general decoder are the same function.
@Suite struct HotReserveTests {
  private static let cases = MutationTests.cases * 4

  /// What a decoder made of some bytes.
  private enum Result: Equatable {
    case taken([Item], records: [UInt8])
    case refused(RequestRefusal)
  }

  private struct Item: Equatable {
    var id: String
    var pool: String
    var region: String
    var record: Range<Int>?
    var refusal: RequestRefusal?

    init(_ route: CommandRoute) {
      id = route.requestID.text
      unsafe (pool, region) = (text(route.pool), text(route.region))
    }

    init(_ item: BatchItem) {
      id = item.requestID.text
      unsafe (pool, region) = (text(item.pool), text(item.region))
      (record, refusal) = (item.record, item.refusal)
    }
  }

  private typealias Decode<R> = (UnsafeRawBufferPointer, inout ByteWriter) throws -> R

  private func result(_ bytes: [UInt8], _ decode: Decode<[Item]?>) -> Result? {
    var out = ByteWriter()
    out.put(UInt8(7))
    do {
      let items = try unsafe bytes.withUnsafeBytes { try unsafe decode($0, &out) }
      if items == nil { #expect(out.bytes == [7], "what is not taken leaves nothing behind") }
      return items.map { .taken($0, records: out.bytes) }
    } catch {
      #expect(out.bytes == [7], "what is refused leaves nothing behind")
      return (error as? RequestRefusal).map(Result.refused)
    }
  }

  private func one(_ bytes: [UInt8], _ decode: Decode<CommandRoute?>) -> Result? {
    unsafe result(bytes) { try unsafe decode($0, &$1).map { [Item($0)] } }
  }

  private func many(_ bytes: [UInt8], _ decode: Decode<[BatchItem]>) -> Result? {
    unsafe result(bytes) { try unsafe decode($0, &$1).map { Item($0) } }
  }

  private static func mint() -> MintedID { Samples.minted }

  @Test func theShortWayGivesWhatTheGeneralOneGives() {
    var decoder = RequestDecoder(homeRegion: Array("eu".utf8))
    var seen: [OddRequests.Oddity: Int] = [:]
    var (taken, plain): (UInt64, UInt64) = (0, 0)
    for seed in 0..<Self.cases {
      var odd = OddRequests(seed: seed)
      let bytes = odd.next()
      let short = unsafe one(bytes) { unsafe decoder.hotReserve($0, into: &$1, mint: Self.mint) }
      let whole = unsafe one(bytes) {
        try unsafe decoder.command(.reserve, $0, minted: Samples.minted, into: &$1)
      }
      let general = unsafe one(bytes) {
        try unsafe decoder.general(.reserve, $0, minted: Samples.minted, into: &$1)
      }
      #expect(whole == general, "seed \(seed): \(bytes)")
      if short != nil { #expect(short == general, "seed \(seed): \(bytes)") }
      if let oddity = odd.oddity { seen[oddity, default: 0] += 1 }
      if case .taken = general { plain += 1 }
      taken += short == nil ? 0 : 1
    }
    #expect(seen.count == OddRequests.Oddity.allCases.count)
    #expect(taken > Self.cases / 10, "\(taken) of \(Self.cases) took the short way")
    #expect(plain > taken + Self.cases / 50, "\(plain) were right, \(taken) took the short way")
    #expect(taken < Self.cases * 9 / 10, "\(taken) of \(Self.cases) took the short way")
  }

  @Test func aStreamsRequestsAreDecodedLikeThat() {
    var decoder = RequestDecoder(homeRegion: Array("eu".utf8))
    var taken: UInt64 = 0
    for seed in 0..<Self.cases / 4 {
      var odd = OddRequests(seed: seed)
      let bytes = odd.batch(Int(1 + seed % 8 / 7))
      let short = unsafe one(bytes) { unsafe decoder.hotStreamed($0, into: &$1, mint: Self.mint) }
      let whole = unsafe one(bytes) {
        try unsafe decoder.streamed($0, minted: Samples.minted, into: &$1)
      }
      let general = unsafe one(bytes) {
        try unsafe decoder.generalStreamed($0, minted: Samples.minted, into: &$1)
      }
      #expect(whole == general, "seed \(seed): \(bytes)")
      if short != nil { #expect(short == general, "seed \(seed): \(bytes)") }
      taken += short == nil ? 0 : 1
    }
    #expect(taken > Self.cases / 40, "\(taken) of \(Self.cases / 4) took the short way")
  }

  /// The first items may go the short way, and the rest the general one.
  @Test func batchesAreDecodedLikeThat() {
    var decoder = RequestDecoder(homeRegion: Array("eu".utf8))
    var (whollyTaken, partlyTaken): (UInt64, UInt64) = (0, 0)
    for seed in 0..<Self.cases / 4 {
      var odd = OddRequests(seed: seed)
      var bytes = odd.batch(Int(seed % 7))
      if seed % 9 == 0 { bytes = MutationTests.mutate(bytes, &odd.random) }
      let whole = unsafe many(bytes) { try unsafe decoder.batch($0, into: &$1, mint: Self.mint) }
      let general = unsafe many(bytes) {
        try unsafe decoder.generalBatch($0, into: &$1, mint: Self.mint)
      }
      #expect(whole == general, "seed \(seed): \(bytes)")
      var (out, items): (ByteWriter, [BatchItem]) = (ByteWriter(), [])
      let isWhole = unsafe bytes.withUnsafeBytes {
        unsafe decoder.hotItems($0, into: &out, mint: Self.mint, &items)
      }
      whollyTaken += isWhole ? 1 : 0
      partlyTaken += !isWhole && !items.isEmpty ? 1 : 0
    }
    #expect(whollyTaken > Self.cases / 40, "\(whollyTaken) of \(Self.cases / 4)")
    #expect(partlyTaken > Self.cases / 40, "\(partlyTaken) of \(Self.cases / 4)")
  }

  @Test func limitsOfBatchesAreTheSameOnBothWays() {
    var limits = WireLimits()
    limits.batchRequestsMax = 3
    limits.batchLinesMax = 6
    limits.linesMax = 4
    var decoder = RequestDecoder(limits: limits, homeRegion: [])
    for lines in [
      [], [1], [1, 1, 1], [1, 1, 1, 1], [2, 2, 2], [2, 3, 2], [4, 2], [5], [1, 5],
    ] {
      var request = API.BatchReserveRequest()
      request.requests = lines.map {
        var item = Samples.reserve()
        item.lines = (0..<$0).map { Samples.line("sku-\($0)") }
        return item
      }
      let bytes = request.encoded()
      let whole = unsafe many(bytes) { try unsafe decoder.batch($0, into: &$1, mint: Self.mint) }
      let general = unsafe many(bytes) {
        try unsafe decoder.generalBatch($0, into: &$1, mint: Self.mint)
      }
      #expect(whole == general, "\(lines)")
      let isWithin = !lines.isEmpty && lines.count <= 3 && lines.reduce(0, +) <= 6 && lines[0] < 5
      if case .taken(let items, _) = whole {
        #expect(isWithin && items.allSatisfy { $0.refusal == nil }, "\(lines)")
      } else {
        #expect(!isWithin || lines == [1, 5], "\(lines)")
      }
    }
  }

  /// Shapes that are well formed and unusual, and limits: all of them the general decoder's.
  @Test func whatIsUnusualIsLeftToTheGeneralDecoder() {
    var request = Samples.reserve()
    let usual = request.encoded()
    let decoder = RequestDecoder(homeRegion: Array("eu".utf8))
    let short = { (bytes: [UInt8]) in
      unsafe self.one(bytes) { unsafe decoder.hotReserve($0, into: &$1, mint: Self.mint) }
    }
    #expect(short(usual) != nil)
    let unusual: [[UInt8]] = [
      [0x50, 1],  // the fill again, which overrides
      [0x1A, 1, 0x61],  // the pool again
      [0x98, 0x06, 1],  // an unknown field
      [0x0B, 0x0C],  // a group
      [0xD0, 0x00, 1],  // a tag of two bytes
    ]
    for tail in unusual { #expect(short(usual + tail) == nil, "\(tail)") }
    request.lines = (0..<2_001).map { _ in Samples.line() }
    #expect(short(request.encoded()) == nil)
    request.lines.removeLast()
    #expect(short(request.encoded()) != nil)
    request.lines[1_999].quantity = 1_000_000_000_001
    #expect(short(request.encoded()) == nil)
  }
}
