import Primitives
import Testing

@testable import StockLedger

/// Snapshots whose checksums and digest are right, and whose content is not.
@Suite struct SnapshotSanityTests {
  private static func bytes(_ snapshot: LedgerSnapshot) -> [UInt8] {
    var snapshot = snapshot
    var bytes: [UInt8] = []
    while let chunk = snapshot.nextChunk(maxBytes: 1 << 16) { bytes += chunk }
    return bytes
  }

  private static func load(_ bytes: [UInt8]) throws(SnapshotError) -> ShardLedger {
    var loader = SnapshotLoader(limits: limits)
    try loader.append(bytes)
    return try loader.finish()
  }

  private static var limits: LedgerLimits {
    var limits = LedgerLimits()
    limits.endedReservationsKept = 9
    limits.endedRequestsMax = 30
    limits.checksEachCommand = true
    return limits
  }

  /// Ended, forgotten, kept, expired, re-acquired and live reservations, in several seconds.
  private static func shop() -> Shop {
    var shop = Shop.stocked(["A": 1_000], limits: limits)
    for n in 1...20 as ClosedRange<UInt64> {
      shop.reserve(1, ttl: n % 5 == 0 ? 1_000 : 900_000)
      if n % 2 == 0 { shop.send(.release(n)) }
      shop.pass(n % 3 == 0 ? 1_100 : 0)
    }
    shop.send(.confirm(15, .reacquire))
    return shop
  }

  private static func state(_ ledger: ShardLedger) throws -> ShardState {
    var loader = SnapshotLoader()
    try loader.append(bytes(ledger.snapshot()))
    return try #require(loader.shard)
  }

  @Test func whatIsRightIsLoadedAndGoesOn() throws {
    var shop = Self.shop()
    #expect(shop.reservation(15)?.state == .confirmed)
    var restored = try Self.load(Self.bytes(shop.ledger.snapshot()))
    #expect(restored.digest() == shop.ledger.digest())
    #expect(restored.sizes == shop.ledger.sizes)
    restored.checkInvariants()
    #expect(Self.bytes(restored.snapshot()) == Self.bytes(shop.ledger.snapshot()))
    var copy = shop
    copy.ledger = restored
    for n in 21...60 as ClosedRange<UInt64> {
      let ask = Ask.reserve(lines: [OrderLine(sku: "A", quantity: 1)])
      let first = shop.send(ask, id: "x\(n)", sentAt: shop.now)
      #expect(copy.send(ask, id: "x\(n)", sentAt: shop.now) == first)
      #expect(copy.send(.release(n), id: "r\(n)") == shop.send(.release(n), id: "r\(n)"))
      copy.pass(700)
      shop.pass(700)
      #expect(copy.ledger.requestFloor == shop.ledger.requestFloor)
    }
    #expect(shop.ledger.requestFloor > .zero)
    #expect(copy.ledger.digest() == shop.ledger.digest())
  }

  @Test func anOlderVersionIsRefusedByName() {
    let shop = Self.shop()
    var bytes = Self.bytes(shop.ledger.snapshot())
    #expect(ShardSection.version == 3 && bytes[8] == 3)
    bytes[8] = 1
    #expect(throws: SnapshotError.unknownVersion(1)) { try Self.load(bytes) }
  }

  @Test(
    arguments: [
      { $0.endedHead = 0 }, { $0.endedHead = $0.endedTail + 1 }, { $0.endedTail = .max },
      { $0.endedTail = $0.endedHead - 1 }, { $0.keptHead = $0.endedTail + 1 },
      { $0.keptHead = $0.endedHead - 1 }, { $0.endedHead -= 1 }, { $0.endedTail += 1 },
      { $0.endedTail += UInt64(UInt32.max) }, { $0.lastReservation = .max }, { $0.lastFact = .max },
      { $0.lastLocation += 1 }, { $0.lastSku += 1 }, { $0.lastAccount = .max },
      { $0.lastMark = .max }, { $0.endedHeadSeconds = .max }, { $0.endedTailSeconds += 1 },
      { $0.lastReservation = 3 },
    ] as [@Sendable (inout BooksHeader) -> Void])
  func aHeaderThatDoesNotFitItsRowsIsRefused(change: @Sendable (inout BooksHeader) -> Void)
    throws
  {
    var state = try Self.state(Self.shop().ledger)
    #expect(throws: Never.self) { try Self.load(Self.bytes(state.snapshot())) }
    change(&state.books.header)
    #expect(throws: SnapshotError.self) { try Self.load(Self.bytes(state.snapshot())) }
  }

  @Test func endedRowsThatDoNotFitAreRefused() throws {
    let whole = try Self.state(Self.shop().ledger)
    let places = whole.books.header.keptHead..<whole.books.header.endedTail
    let place = try #require(
      places.first { whole.books.ended[$0].facts.kind == CommandKind.reserve.rawValue })
    func refuses(_ change: (inout ShardState) -> Void) -> Bool {
      var state = whole
      change(&state)
      return (try? Self.load(Self.bytes(state.snapshot()))) == nil
    }
    #expect(!refuses { _ in })
    #expect(refuses { _ = $0.books.ended.remove(place) }, "a place without a row")
    #expect(refuses { $0.books.ended[place].facts.makeVoid() }, "a reservation without its place")
    #expect(refuses { $0.books.ended[place].requestID = $0.books.ended[place + 1].requestID })
    #expect(
      refuses {
        let number = $0.books.number(of: $0.books.ended[place])
        $0.books.reservations[number].deadline += 1
      }, "a reservation at another place")
    #expect(
      refuses {
        let live = $0.books.reservations.next(from: 19)!.number
        let request = EndedRequest(
          requestID: Hash128(high: 9, low: 9), fingerprint: .zero, number: live, stampSeconds: 0,
          kind: .reserve)
        $0.books.ended[place].facts = EndedFacts(request, .unstamped, live)
      }, "a live reservation among the ended")
    #expect(refuses { $0.books.endedSeconds.insert(1, at: place) })
    #expect(refuses { $0.books.endedSeconds.insert(1, at: $0.books.header.endedTail) })
  }

  @Test(
    arguments: [
      { $0.endedHead = 0 }, { $0.endedHead = $0.endedTail + 1 }, { $0.endedTail += 1 },
      { $0.endedTail -= 1 }, { $0.endedTail = .max },
      { $0.found { $0.voters = (1...16).map { NodeID($0) } } },
      { $0.found { $0.voters = [] } }, { $0.found { $0.voters = [NodeID(2), NodeID(1)] } },
      { $0.found { $0.voters = [.none, NodeID(1)] } },
      { $0.found { $0.learners = (1...1_025).map { NodeID($0) } } },
      { $0.found { $0.preferred = [NodeID(9)] } }, { $0.shards.removeFirst() },
    ] as [@Sendable (inout MetaHeader) -> Void])
  func aMetaHeaderThatDoesNotFitItsRowsIsRefused(change: @Sendable (inout MetaHeader) -> Void)
    throws
  {
    func load(_ ledger: MetaLedger) throws(SnapshotError) {
      var loader = SnapshotLoader()
      try loader.append(Self.bytes(ledger.snapshot()))
      _ = try loader.finishMeta()
    }
    var ledger = MetaShop.twoRegions(nodes: 3).ledger
    #expect(throws: Never.self) { try load(ledger) }
    change(&ledger.books.header)
    #expect(throws: SnapshotError.self) { try load(ledger) }
  }
}

extension MetaHeader {
  /// Changes the founders of the first shard.
  fileprivate mutating func found(_ change: (inout Founders) -> Void) {
    let first = shards[0]
    var founders = first.founders
    change(&founders)
    shards[0] = ShardDescriptor(
      id: first.id, pool: first.pool, region: first.region, founders: founders)
  }
}
