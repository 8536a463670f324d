import ArgumentParser
import GRPCTransport
import ReservationClient
import Testing
import WireFormat

@testable import holdfast

@Suite struct CommandTextTests {
  @Test func contextTakesEndpointsInOrderAndPlaintextWhenAsked() throws {
    let text = """
      endpoints: ["127.0.0.1:1", "127.0.0.1:2"]
      regions: [eu, us]
      plaintext: ["127.0.0.1:3", "127.0.0.1:4"]
      """
    let context = try ClientContext.parse(text, file: "/x/c.yaml", plaintext: true)
    #expect(context.endpoints.map(\.port) == [3, 4])
    #expect(context.regions == ["eu", "us"])
    #expect(context.tls == nil)
  }

  @Test(arguments: [
    ("endpoint: [a:1]", "unknown key 'endpoint'"), ("endpoints: [nonsense]", "is no address"),
    ("regions: [eu]", "no endpoints"), ("- 1", "expected the keys"),
    ("endpoints: [\"a:1\"]\ncert: c", "belong together"),
  ])
  func aWrongContextSaysWhatIsWrong(text: String, part: String) {
    let error = #expect(throws: UsageError.self) {
      try ClientContext.parse(text, file: "c.yaml", plaintext: false)
    }
    #expect(error?.description.contains(part) == true)
  }

  @Test func orderLinesHaveUnitAndLocation() {
    let line = OrderLineText(argument: "85123A=6:carton@eu-1")?.line
    #expect(line == API.ReserveLine(sku: "85123A", quantity: 6, unit: "carton", location: "eu-1"))
    #expect(OrderLineText(argument: "A=B=2")?.line.sku == "A=B")
    for wrong in ["A", "A=", "A=0", "A=-1", "=3", "A=x"] {
      #expect(OrderLineText(argument: wrong) == nil)
    }
  }

  @Test func countsNameTheirAccount() {
    let row = CountText(argument: "A@eu-1/me=12")?.row
    #expect(
      row
        == API.SyncSupplyRow(
          account: AccountKey(sku: "A", location: "eu-1", owner: "me"), onHand: 12))
    #expect(CountText(argument: "A@eu-1=12") == nil)
    #expect(CountText(argument: "A@eu-1/me=-1") == nil)
  }

  @Test func durationsHaveUnits() {
    #expect(DurationText(argument: "500ms")?.milliseconds == 500)
    #expect(DurationText(argument: "15m")?.milliseconds == 900_000)
    #expect(DurationText(argument: "30d")?.milliseconds == 2_592_000_000)
    for wrong in ["", "5", "0s", "-1s", "1.5h", "9999999999999999999d"] {
      #expect(DurationText(argument: wrong) == nil)
    }
  }

  @Test func datesMustBeInTheCalendar() {
    #expect(CivilDate(argument: "2028-02-29")?.text == "2028-02-29")
    for wrong in ["2027-02-29", "2027-13-01", "2027-1", "today"] {
      #expect(CivilDate(argument: wrong) == nil)
    }
  }

  @Test func jsonIsEscapedAndInOrder() {
    var json = JSONText()
    json.object { json in
      json.put("a", "x\"\\\n")
      json.array("b") { json in
        json.object { $0.put("c", raw: 1) }
        json.object { $0.put("d", raw: true) }
      }
      json.put("e", raw: 2)
    }
    #expect(json.text == #"{"a":"x\"\\\u000a","b":[{"c":1},{"d":true}],"e":2}"#)
  }

  @Test func tablesPutNumbersToTheRight() {
    var table = Table("NAME", "UNITS")
    table.add("a", "5")
    table.add("long", "1234")
    #expect(table.text == "NAME  UNITS\na         5\nlong   1234")
  }

  @Test func enumsAreSpelledAsInTheAPI() {
    #expect(apiName(API.ReservationState.partiallyFulfilled) == "PARTIALLY_FULFILLED")
    #expect(apiName(API.LineReason.unknownSku) == "UNKNOWN_SKU")
  }

  @Test func exitCodesTellRefusedUnknownAndNotAllowedApart() {
    let failure = CallFailure(.failedPrecondition, "")
    #expect(ClientFailure.refused(failure).exitCode == ExitCode(1))
    #expect(ClientFailure.unknown(failure).exitCode == ExitCode(3))
    #expect(ClientFailure.unreachable(failure).exitCode == ExitCode(3))
    #expect(ClientFailure.refused(CallFailure(.permissionDenied, "")).exitCode == ExitCode(4))
    #expect(ClientFailure.refused(CallFailure(.unauthenticated, "")).exitCode == ExitCode(4))
  }
}
