import CHoldfastProto
import Primitives
import StockLedger
import Testing

@testable import WireFormat

/// What a call is refused with, and how that looks from outside.
@Suite struct RefusalTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var method: HoldfastMethod
    var bytes: [UInt8]
    var field: String
    var testDescription: String { "\(method) \(field)" }
  }

  static func change<M: WireMessage>(
    _ method: HoldfastMethod, _ message: M, _ field: String, _ change: (inout M) -> Void
  ) -> Case {
    var message = message
    change(&message)
    return Case(method: method, bytes: message.encoded(), field: field)
  }

  static let meaningless: [Case] = [
    change(.reserve, Samples.reserve(), "pool") { $0.pool = "" },
    change(.reserve, Samples.reserve(), "lines") { $0.lines = [] },
    change(.reserve, Samples.reserve(), "lines[1].sku") { $0.lines[1].sku = "" },
    change(.reserve, Samples.reserve(), "lines[0].quantity") { $0.lines[0].quantity = 0 },
    change(.reserve, Samples.reserve(), "lines[0].quantity") { $0.lines[0].quantity = -1 },
    change(.reserve, Samples.reserve(), "ttl") { $0.ttl = .milliseconds(999) },
    change(.reserve, Samples.reserve(), "ttl") { $0.ttl = .seconds(-5) },
    change(.reserve, Samples.reserve(), "required_by") {
      $0.requiredBy = CivilDate(year: 2026, month: 2, day: 29)
    },
    change(.reserve, Samples.reserve(), "required_by") {
      $0.requiredBy = CivilDate(year: 0, month: 1, day: 1)
    },
    change(.reserve, Samples.reserve(), "first_sent_at") {
      $0.firstSentAt = LogTime(milliseconds: 253_402_300_800_000)
    },
    change(.confirm, Samples.confirm(), "name") { $0.name = "" },
    change(.confirm, Samples.confirm(), "name") { $0.name = "pools/a/regions/b/reservations/" },
    change(.confirm, Samples.confirm(), "name") { $0.name = "pools/a/regions/b/reservations/07" },
    change(.confirm, Samples.confirm(), "name") { $0.name = "pools//regions/b/reservations/7" },
    change(.confirm, Samples.confirm(), "name") { $0.name = "pools/a/b/regions/c/reservations/7" },
    change(.confirm, Samples.confirm(), "name") {
      $0.name = "pools/a/regions/b/reservations/18446744073709551616"
    },
    change(.release, Samples.release(), "lines[0].sku") { $0.lines[0].sku = "" },
    change(.release, Samples.release(), "lines[0].quantity") { $0.lines[0].quantity = 0 },
    change(.fulfill, Samples.fulfill(), "source") { $0.source = "" },
    change(.adjustSupply, Samples.adjust(), "source") { $0.source = "" },
    change(.adjustSupply, Samples.adjust(), "sku") { $0.sku = "" },
    change(.adjustSupply, Samples.adjust(), "location") { $0.location = "" },
    change(.adjustSupply, Samples.adjust(), "delta") { $0.delta = 0 },
    change(.putSku, Samples.putSku(), "sku") { $0.sku = "" },
    change(.putSku, Samples.putSku(), "units[0].base_units_each") {
      $0.units[0].baseUnitsEach = 0
    },
    change(.putSku, Samples.putSku(), "units[0].unit") { $0.units[0].unit = $0.baseUnit },
    change(.putLocation, Samples.putLocation(), "region") { $0.region = "" },
    change(.putPool, Samples.putPool(), "pool") { $0.pool = "a/b" },
    change(.putPool, Samples.putPool(), "regions") { $0.regions = [] },
    change(.putPool, Samples.putPool(), "regions[1]") { $0.regions[1] = "eu" },
    change(.putPool, Samples.putPool(), "locations[1]") { $0.locations[1] = "ham" },
    change(.putAccount, Samples.putAccount(), "buffer") { $0.buffer = -1 },
    change(.putAccount, Samples.putAccount(), "pool") { $0.pool = "" },
    // Enum values that nobody has defined: the fill and on_expired fields once more, as 9.
    Case(method: .reserve, bytes: Samples.reserve().encoded() + [0x50, 9], field: "fill"),
    Case(method: .confirm, bytes: Samples.confirm().encoded() + [0x18, 9], field: "on_expired"),
  ]

  @Test(arguments: meaningless)
  func whatHasNoMeaningIsNamed(_ wrong: Case) throws {
    let refusal = try #require(refused(wrong.method, wrong.bytes))
    #expect(refusal.reason == .invalidField && refusal.code == .invalidArgument)
    #expect(refusal.field == wrong.field)
  }

  @Test(arguments: [
    ("two\u{0}parts", "has a control character"), ("line\nbreak", "has a control character"),
    ("\u{7F}", "has a control character"), ("\u{85}", "has a control character"),
  ])
  func controlsAreRefusedAnywhere(_ text: String, _ what: String) throws {
    var request = Samples.reserve()
    request.lines[1].unit = text
    let refusal = try #require(refused(.reserve, request.encoded()))
    #expect(refusal.violations == [FieldViolation(field: "lines[1].unit", description: what)])
  }

  @Test(
    arguments: [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80],
      [0xF0, 0x80, 0x80, 0x80], [0xC3],
    ] as [[UInt8]])
  func whatIsNotUTF8IsRefused(_ bytes: [UInt8]) throws {
    let pool = [0x1A, UInt8(bytes.count)] + bytes
    let refusal = try #require(refused(.reserve, pool + Samples.reserve().encoded()))
    #expect(refusal.violations == [FieldViolation(field: "pool", description: "is not UTF-8")])
  }

  @Test func everyReasonIsOneOfErrorsProto() throws {
    let set = descriptorSetBytes()
    for reason in ErrorReason.allCases {
      let name = [UInt8]("ERROR_REASON_\(reason.name)".utf8)
      // EnumValueDescriptorProto { name = 1, number = 2 }
      let entry = [0x0A, UInt8(name.count)] + name + [0x10, UInt8(reason.rawValue)]
      #expect(set.contains(entry), "\(reason) is \(reason.name) = \(reason.rawValue)")
      #expect(ErrorReason(name: reason.name) == reason)
    }
    let defined = set.ranges(of: [UInt8]("ERROR_REASON_".utf8)).count
    #expect(defined == ErrorReason.allCases.count + 1, "all but UNSPECIFIED")
  }

  static let table: [(CallRefusal, ErrorReason, StatusCode)] = [
    (.invalidArgument, .invalidField, .invalidArgument),
    (.wrongShard, .internal, .internal),
    (.requestIDReused, .requestIDReused, .alreadyExists),
    (.requestTooOld, .requestTooOld, .failedPrecondition),
    (.requestFromTheFuture, .requestFromTheFuture, .invalidArgument),
    (.catalogMissing, .catalogMissing, .unavailable),
    (.unknownPool, .unknownPool, .notFound),
    (.unknownRegion, .unknownRegion, .notFound),
    (.unknownReservation, .unknownReservation, .notFound),
    (.unknownSku, .unknownSku, .notFound),
    (.unknownLocation, .unknownLocation, .notFound),
    (.unknownAccount, .unknownAccount, .notFound),
    (.unknownLine, .unknownLine, .failedPrecondition),
    (.wrongState, .wrongState, .failedPrecondition),
    (.holdExpired, .holdExpired, .failedPrecondition),
    (.quantityExceedsLine, .quantityExceedsLine, .failedPrecondition),
    (.secondHome, .secondHome, .failedPrecondition),
    (.inUse, .inUse, .failedPrecondition),
    (.quantityOverflow, .quantityOverflow, .invalidArgument),
    (.ledgerFull, .ledgerFull, .resourceExhausted),
  ]

  @Test func everyRefusalOfTheLedgerHasItsStatus() {
    #expect(Set(Self.table.map(\.0)) == Set(CallRefusal.allCases).subtracting([.none]))
    for (refusal, reason, code) in Self.table {
      #expect(ErrorReason(refusal) == reason && reason.code == code)
    }
    #expect(ErrorReason(CallRefusal.none) == nil)
  }
}
