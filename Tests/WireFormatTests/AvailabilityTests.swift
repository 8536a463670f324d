import Primitives
import StockLedger
import Testing

@testable import WireFormat

/// The short way of a QueryAvailability, both ways, and the general one are the same function.
@Suite struct AvailabilityTests {
  @Test func theShortWayReadsWhatTheGeneralOneReads() throws {
    var decoder = RequestDecoder(homeRegion: Array("eu".utf8))
    let cases = MutationTests.cases * 4
    var seen: Set<OddRequests.Oddity> = []
    var taken: UInt64 = 0
    for seed in 0..<cases {
      var odd = OddRequests(seed: seed)
      let bytes = odd.nextQuery()
      if let oddity = odd.oddity { seen.insert(oddity) }
      let short = unsafe bytes.withUnsafeBytes { bytes in
        unsafe decoder.hotAvailability(bytes).map { Self.request($0) }
      }
      guard let short else { continue }
      taken += 1
      let general = try unsafe bytes.withUnsafeBytes {
        try unsafe decoder.read(.queryAvailability, $0, as: API.QueryAvailabilityRequest.self)
      }
      #expect(short == general, "seed \(seed): \(bytes)")
    }
    #expect(seen.count == OddRequests.Oddity.allCases.count)
    #expect(taken > cases / 4, "\(taken) of \(cases) took the short way")
    #expect(taken < cases * 9 / 10, "\(taken) of \(cases) took the short way")
  }

  /// What the general decoder gives for the same request.
  private static func request(_ query: HotAvailability) -> API.QueryAvailabilityRequest {
    var request = API.QueryAvailabilityRequest()
    request.pool = unsafe String(decoding: query.pool, as: UTF8.self)
    request.region = unsafe String(decoding: query.region, as: UTF8.self)
    request.date = query.day.map { CivilDate(dayNumber: $0.number) }
    request.read = query.read
    request.atLeast = query.atLeast
    var skus = ByteWriter()
    query.writeSkus(into: &skus)
    unsafe skus.bytes.withUnsafeBytes { bytes in
      var reader = unsafe ByteReader(bytes)
      for _ in 0..<reader.get(UInt16.self) {
        request.skus.append(unsafe String(decoding: reader.getShort(), as: UTF8.self))
      }
      #expect(reader.isValid && reader.offset == bytes.count)
    }
    return request
  }

  @Test func moreSkusThanMayBeAskedForAreRefused() {
    var decoder = RequestDecoder(homeRegion: Array("eu".utf8))
    var request = API.QueryAvailabilityRequest()
    request.pool = "web"
    request.skus = Array(repeating: "s", count: WireLimits().queriedSkusMax + 1)
    let bytes = request.encoded()
    let isTaken = unsafe bytes.withUnsafeBytes { unsafe decoder.hotAvailability($0) != nil }
    #expect(!isTaken)
    #expect(throws: RequestRefusal.self) {
      _ = try unsafe bytes.withUnsafeBytes {
        try unsafe decoder.read(.queryAvailability, $0, as: API.QueryAvailabilityRequest.self)
      }
    }
  }

  /// Sums that are more than int64 can say stay at its end.
  @Test func theAnswerIsWhatTheMessagesSay() throws {
    let records = Self.records([("ham", "", 5, 2, 3), ("cgn", "acme", .max, 0, -7)])
    let message = unsafe records.withUnsafeBytes {
      unsafe API.SkuAvailability(sku: "sku-1", records: $0)
    }
    #expect(message.onHand == .max && message.reserved == 2 && message.atp == -4)
    #expect(message.locations.map(\.location) == ["ham", "cgn"])
    var bytes: [UInt8] = []
    ProtoWriter.append(to: &bytes) { writer in
      unsafe "sku-1".utf8.withContiguousStorageIfAvailable {
        unsafe writer.put(1, UnsafeRawBufferPointer($0))
      }
      unsafe records.withUnsafeBytes { unsafe writer.availability($0) }
    }
    #expect(bytes == message.encoded())
  }

  /// What `ShardLedger.availability` appends.
  private static func records(
    _ accounts: [(String, String, Int64, Int64, Int64)]
  ) -> [UInt8] {
    var out = ByteWriter()
    out.put(UInt16(accounts.count))
    for account in accounts {
      out.put(short: Array(account.0.utf8))
      out.put(short: Array(account.1.utf8))
      for number in [account.2, account.3, account.4] { out.put(number) }
    }
    return out.bytes
  }

  /// Of a ledger without a catalog: every SKU is unknown, and all else is said.
  @Test func unknownSkusAreNamed() throws {
    var encoder = AvailabilityEncoder()
    var skus = ByteWriter()
    skus.put(UInt16(2))
    for sku in ["a", "b"] { skus.put(short: Array(sku.utf8)) }
    var answered = API.Answered()
    answered.by = .stale
    answered.asOf = LogTime(milliseconds: 1_500)
    answered.leaderHeardAgo = .milliseconds(2_003)
    var bytes: [UInt8] = []
    encoder.append(
      skus.bytes[...], on: nil, of: ShardLedger(shard: ShardID(2)), at: ResponseTests.point,
      answered: answered, into: &bytes)
    var expected = API.QueryAvailabilityResponse()
    expected.skus = ["a", "b"].map { unsafe API.SkuAvailability(sku: $0, records: nil) }
    expected.answered = answered
    expected.position = API.Position(ResponseTests.point)
    expected.logTime = ResponseTests.point.logTime
    #expect(bytes == expected.encoded())
  }
}
