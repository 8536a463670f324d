import CHoldfastProto
import CProtobufC
import Glibc
import NodeCore
import Primitives
import StockLedger
import Testing

@testable import WireFormat

/// Bytes from outside are hostile: bounded, refused, and never a crash.
@Suite struct HostileTests {
  /// `bytes`, `count` times, which is a power of two.
  static func repeated(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
    var result = bytes
    while result.count < bytes.count * count { result += result }
    return result
  }

  /// 4 MiB of empty lines made protobuf-c allocate 255 MiB; here they are counted first.
  @Test func elementBombsAreCountedBeforeAnythingIsUnpacked() throws {
    let bomb = Self.repeated([0x42, 0], 2 << 20)
    let reserve = try #require(refused(.reserve, bomb))
    #expect(reserve.field == "lines" && reserve.metadata.contains(RefusalNote("limit", "2000")))
    var decoder = RequestDecoder(homeRegion: [])
    var out = ByteWriter()
    let requests = Self.repeated([0x0A, 0], 2 << 20)
    var refusal: RequestRefusal?
    do {
      _ = try unsafe requests.withUnsafeBytes {
        try unsafe decoder.batch($0, into: &out) { Samples.minted }
      }
    } catch { refusal = error as? RequestRefusal }
    #expect(refusal?.metadata.contains(RefusalNote("limit", "8192")) == true)
  }

  /// protobuf-c keeps unknown fields, each in memory of its own: the arena ends that.
  @Test func unknownFieldsCannotOutgrowTheArena() throws {
    let unknown = Self.repeated([0x98, 0x06, 1], 1 << 20)
    let refusal = try #require(refused(.reserve, unknown + Samples.reserve().encoded()))
    #expect(refusal.reason == .limitExceeded && refusal.field == "message")
    let few = Self.repeated([0x98, 0x06, 1], 64)
    #expect(refused(.reserve, few + Samples.reserve().encoded()) == nil)
  }

  @Test func deepUnknownContentIsPassedOver() throws {
    var nested: [UInt8] = []
    for _ in 0..<200 { nested = [0xA2, 0x06, UInt8(min(nested.count, 120))] + nested.prefix(120) }
    #expect(refused(.reserve, nested + Samples.reserve().encoded()) == nil)
  }

  @Test(
    arguments: [
      [0x0B],  // a group begins
      [0x0C],  // a group ends
      [0x02, 0],  // field 0
      [0x0E, 0],  // wire type 6
      [0x42, 0x80],  // a length that is cut off
      [0x42, 5, 1],  // content that is cut off
      [0x42, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],  // a length of 2^64 - 1
      [0x50, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],  // eleven bytes
      [0x50, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02],  // 65 bits
      [0x1D, 0, 0],  // a fixed 32 that is cut off
      [0x18, 1],  // the pool as a number
      [0x40, 1],  // a line as a number
      [0x52, 0],  // the fill as content
    ] as [[UInt8]])
  func malformedBytesAreRefused(_ bytes: [UInt8]) throws {
    let refusal = try #require(refused(.reserve, Samples.reserve().encoded() + bytes))
    #expect(refusal.reason == .malformedMessage && refusal.code == .invalidArgument)
  }

  @Test func everyTruncationIsRefusedOrAMessageOfItsOwn() {
    for (method, bytes) in Samples.commands {
      for count in 0..<bytes.count { _ = refused(method, Array(bytes.prefix(count))) }
    }
    let reserve = Samples.reserve().encoded()
    #expect(refused(.reserve, Array(reserve.dropLast()))?.reason == .malformedMessage)
  }

  /// Whatever an allocation fails for, protobuf-c cleans up within the arena.
  @Test func everySizeOfArenaIsSurvived() {
    for capacity in stride(from: 16, through: 3_000, by: 16) {
      var limits = WireLimits()
      limits.arenaBytesMax = capacity
      let refusal = refused(.reserve, Samples.unusualReserve, limits: limits)
      #expect(refusal == nil || refusal?.field == "message", "\(capacity) bytes")
    }
  }
}

/// Seeded mutations of good bytes, for every decoder. `HOLDFAST_FUZZ_CASES` makes it longer.
@Suite struct MutationTests {
  static let cases: UInt64 = {
    guard let value = unsafe getenv("HOLDFAST_FUZZ_CASES") else { return 2_000 }
    return unsafe UInt64(String(cString: value)) ?? 2_000
  }()

  /// One or two changes: bytes set, flipped, dropped, inserted, cut off or doubled.
  static func mutate(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = bytes
    for _ in 0...random.below(2) where !bytes.isEmpty {
      let at = Int(random.below(UInt64(bytes.count)))
      switch random.below(6) {
      case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
      case 1: bytes[at] ^= 1 << random.below(8)
      case 2: bytes.remove(at: at)
      case 3: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: at)
      case 4: bytes.removeLast(bytes.count - at)
      default:
        let end = min(bytes.count, at + Int(random.below(32)))
        bytes.insert(contentsOf: bytes[at..<end], at: Int(random.below(UInt64(bytes.count))))
      }
    }
    return bytes
  }

  /// What is taken is within every limit, and its record is one that the ledger's reader reads.
  @Test func commandsAreRefusedOrWellFormed() throws {
    var random = SeededRandom(seed: 1)
    var decoder = RequestDecoder(homeRegion: Array("eu".utf8))
    var taken = 0
    for _ in 0..<Self.cases {
      let (method, good) = Samples.commands[Int(random.below(UInt64(Samples.commands.count)))]
      let bytes = Self.mutate(good, &random)
      var out = ByteWriter()
      let isTaken = unsafe bytes.withUnsafeBytes {
        let route = try? unsafe decoder.command(method, $0, minted: Samples.minted, into: &out)
        if let route { checkRoute(route) }
        return route != nil
      }
      if isTaken {
        taken += 1
        checkRecord(out.bytes)
      } else {
        #expect(out.count == 0)
      }
    }
    #expect(taken > Int(Self.cases / 50), "mutations are gentle enough to reach the fields")
  }

  private func checkRoute(_ route: CommandRoute) {
    let lengths = unsafe [
      route.pool.count, route.region.count, route.sku.count, route.location.count,
      route.owner.count,
    ]
    #expect(lengths.max()! <= 64)
    #expect((1...36).contains(route.requestID.count))
  }

  private func checkRecord(_ record: [UInt8]) {
    let count = unsafe record.withUnsafeBytes {
      var reader = unsafe CommandReader($0)
      var count = 0
      while reader.next() != nil { count += 1 }
      return reader.isValid ? count : -1
    }
    #expect(count == 1)
  }

  @Test func batchesAndCountsAreRefusedOrWellFormed() throws {
    var random = SeededRandom(seed: 2)
    var decoder = RequestDecoder(homeRegion: [])
    var batch = API.BatchReserveRequest()
    batch.requests = [Samples.reserve(), Samples.reserve()]
    let (good, count) = (batch.encoded(), Samples.sync().encoded())
    for _ in 0..<Self.cases {
      var out = ByteWriter()
      unsafe Self.mutate(good, &random).withUnsafeBytes {
        let items = try? unsafe decoder.batch($0, into: &out) { Samples.minted }
        for item in items ?? [] { #expect(item.record.isEmpty == (item.refusal != nil)) }
      }
      out = ByteWriter()
      unsafe Self.mutate(count, &random).withUnsafeBytes {
        let split = try? unsafe decoder.sync($0, minted: Samples.minted, into: &out) { sku, _, _ in
          sku.count % 2 == 0 ? ShardID(2) : nil
        }
        if let split {
          #expect(
            split.rowCount == split.unmapped.count + split.parts.reduce(0) { $0 + $1.rows.count })
        }
      }
    }
  }

  @Test func plainValuesAndJSONSurviveAnything() throws {
    var random = SeededRandom(seed: 3)
    for type in ContractTests.messages { mutate(type, &random) }
  }

  private func mutate<M: WireMessage>(_ type: M.Type, _ random: inout SeededRandom) {
    var filler = FieldFiller()
    var message = M()
    message.fields(&filler)
    let good = message.encoded()
    for _ in 0..<max(20, Self.cases / 64) {
      let bytes = Self.mutate(good, &random)
      if let read = try? M(decoding: bytes) {
        #expect((try? M(decoding: read.encoded())) == read, "\(M.name)")
      }
      _ = protoJSON(bytes, M.name)
    }
  }

  @Test func framesAreRefusedOrWellFormed() throws {
    var random = SeededRandom(seed: 4)
    let good = PeerTests.frame().encoded()
    for _ in 0..<Self.cases {
      unsafe Self.mutate(good, &random).withUnsafeBytes {
        guard let frame = try? unsafe PeerFrame(decoding: $0) else { return }
        let again = unsafe frame.encoded().withUnsafeBytes { try? unsafe PeerFrame(decoding: $0) }
        #expect(again?.envelope.messages == frame.envelope.messages)
      }
    }
  }
}
