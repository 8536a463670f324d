import Primitives
import Testing

@testable import WireFormat

/// proto3 JSON.
@Suite struct JSONTests {
  @Test func aRequestAsJSON() {
    #expect(
      protoJSON(Samples.reserve().encoded(), "holdfast.v1.ReserveRequest")
        == #"{"requestId":"018f2b6e-0000-7000-8000-000000000001","#
        + #""firstSentAt":"2023-11-14T22:13:20.123Z","pool":"web","region":"eu","#
        + #""orderId":"4711","customer":"c-9","channel":"shop","lines":[{"sku":"sku-1","#
        + #""quantity":"3","unit":"carton","location":"ham"},{"sku":"sku-2","quantity":"1","#
        + #""unit":"carton","location":"ham"}],"ttl":"90s","fill":"FILL_PARTIAL","#
        + #""requiredBy":{"year":2026,"month":3,"day":1}}"#)
  }

  @Test func defaultsAreShownWhenAskedFor() {
    #expect(
      protoJSON([], "holdfast.v1.AdjustSupplyResponse", includingDefaults: true)
        == #"{"requestId":"","outcome":"SUPPLY_OUTCOME_UNSPECIFIED","shortfall":"0","#
        + #""onHand":"0"}"#)
    #expect(
      protoJSON([], "holdfast.v1.DescribeClusterResponse", includingDefaults: true)
        == #"{"nodes":[],"shards":[],"answeredBy":"0"}"#)
    #expect(protoJSON([], "holdfast.v1.AdjustSupplyResponse") == "{}")
  }

  @Test func whatIsNoMessageHasNoJSON() {
    #expect(protoJSON([0xFF], "holdfast.v1.ReserveRequest") == nil)
    #expect(protoJSON([], "holdfast.v1.Nothing") == nil)
  }

  @Test func anEnumValueFromTheFutureIsANumber() {
    #expect(protoJSON([0x50, 9], "holdfast.v1.ReserveRequest") == #"{"fill":9}"#)
  }

  @Test func aDetailOfAnUnknownTypeIsBytes() {
    var detail = API.Detail()
    detail.typeURL = "example.com/other.Type"
    detail.value = [1, 2]
    #expect(
      protoJSON(detail.encoded(), "google.protobuf.Any")
        == #"{"@type":"example.com/other.Type","value":"AQI="}"#)
  }

  @Test(
    arguments: [
      (0, 0, "1970-01-01T00:00:00Z"), (-1, 999_000_000, "1969-12-31T23:59:59.999Z"),
      (951_782_400, 1, "2000-02-29T00:00:00.000000001Z"),
      (253_402_300_799, 120_000, "9999-12-31T23:59:59.000120Z"),
      (-62_135_596_800, 0, "0001-01-01T00:00:00Z"),
    ] as [(Int64, Int32, String)])
  func timestamps(_ seconds: Int64, _ nanos: Int32, _ text: String) {
    #expect(JSONText.timestamp(seconds: seconds, nanos: nanos) == text)
  }

  @Test(
    arguments: [
      (3, 500_000_000, "3.500s"), (0, 0, "0s"), (-2, -750_000_000, "-2.750s"),
      (0, -1, "-0.000000001s"),
      (.min, 0, "-9223372036854775808s"),
    ] as [(Int64, Int32, String)])
  func durations(_ seconds: Int64, _ nanos: Int32, _ text: String) {
    #expect(JSONText.duration(seconds: seconds, nanos: nanos) == text)
  }

  @Test func base64OfTheStandardsVectors() {
    let vectors = ["": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foobar": "Zm9vYmFy"]
    for (plain, coded) in vectors { #expect(JSONText.base64(Array(plain.utf8)) == coded) }
  }

  @Test func textIsQuoted() {
    #expect(JSONText.quoted("a\"b\\c\n\u{1}é") == #""a\"b\\c\n\u0001é""#)
    #expect(JSONText.lowerCamel("first_sent_at") == "firstSentAt")
  }

  @Test func everyDayIsItsOwnDate() {
    var day = Int32(-1)
    var previous = CivilDate(year: 1969, month: 12, day: 31)
    while previous.year < 2110 {
      day += 1
      let date = CivilDate(dayNumber: day)
      #expect(date.dayNumber == day)
      let isNext =
        date.day == previous.day + 1 && date.month == previous.month
        || date.day == 1 && (date.month == previous.month + 1 || date.year == previous.year + 1)
      #expect(isNext, "\(date) follows \(previous)")
      previous = date
    }
    #expect(CivilDate(dayNumber: 2_932_896) == CivilDate(year: 9999, month: 12, day: 31))
    #expect(CivilDate(year: 2100, month: 2, day: 29).dayNumber == nil)
  }
}
