import Primitives
import StockLedger
import Testing

@testable import WireFormat

/// Batches and counts that are cut up for several nodes, and their answers put together.
@Suite struct PartForwardingTests {
  @Test func aPartOfABatchHasItsItemsAsTheyCame() throws {
    var batch = API.BatchReserveRequest()
    for number in 0..<5 {
      var request = API.ReserveRequest()
      request.requestID = "r\(number)"
      request.pool = "p"
      batch.requests.append(request)
    }
    let bytes = batch.encoded()
    let part = unsafe bytes.withUnsafeBytes {
      unsafe BatchForwarding.request($0, items: [1, 4])
    }
    let decoded = try API.BatchReserveRequest(decoding: part)
    #expect(decoded.requests == [batch.requests[1], batch.requests[4]])
  }

  @Test func aPartOfACountHasItsRowsAndTheIdOfTheWhole() throws {
    var count = API.SyncSupplyRequest()
    count.source = "erp"
    count.sourceVersion = 9
    count.countedAt = LogTime(milliseconds: 1_700_000_000_000)
    for number in 0..<4 {
      var row = API.SyncSupplyRow()
      row.sku = "s\(number)"
      count.rows.append(row)
    }
    let bytes = count.encoded()
    let id = unsafe Array("minted".utf8).withUnsafeBytes { unsafe RequestID($0) }
    let part = unsafe bytes.withUnsafeBytes {
      unsafe SyncForwarding.request($0, rows: [0, 3], id: id)
    }
    var expected = count
    expected.requestID = "minted"
    expected.rows = [count.rows[0], count.rows[3]]
    #expect(try API.SyncSupplyRequest(decoding: part) == expected)
  }

  @Test func resultsOfTwoNodesAreInTheOrderOfTheItems() throws {
    var assembly = BatchAssembly(count: 4)
    let there = response(["b", "d"])
    let refused = unsafe there.withUnsafeBytes { unsafe assembly.answer([1, 3], response: $0) }
    #expect(refused?.isEmpty == true)
    assembly.refuse(0, .notLeader(node: 3, address: "n3"))
    assembly.refuse(2, RequestRefusal(.outcomeUnknown))
    let answer = try API.BatchReserveResponse(decoding: assembly.finish(missing: .init(.internal)))
    #expect(answer.results.map(\.error?.reason) == [.notLeader, nil, .outcomeUnknown, nil])
    #expect(answer.results.map(\.response?.requestID) == [nil, "b", nil, "d"])
  }

  @Test func itemsThatAreRefusedElsewhereTellWhy() {
    var there = API.BatchReserveResponse(), result = API.BatchReserveResult()
    result.error = try? API.Status(
      decoding: RequestRefusal.notLeader(node: 3, address: "n3").statusBytes())
    there.results = [result]
    var assembly = BatchAssembly(count: 1)
    let refused = unsafe there.encoded().withUnsafeBytes {
      unsafe assembly.answer([0], response: $0)
    }
    #expect(refused?.first?.status.leaderHint?.node == 3)
  }

  @Test(arguments: [[], [0x0A], [0x0A, 0x05, 0x01], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]])
  func trap40_noAnswerToTheItemsIsNotTaken(bytes: [UInt8]) {
    var assembly = BatchAssembly(count: 2)
    for bytes in [bytes, response(["one"]) + bytes, response(["a", "b", "c"])] {
      let refused = unsafe bytes.withUnsafeBytes { unsafe assembly.answer([0, 1], response: $0) }
      #expect(refused == nil)
      #expect(assembly.missing == 2)
    }
  }

  @Test func aRefusalOfAnotherNodeIsSaidAgainInItsWords() throws {
    var refusal = RequestRefusal.notLeader(node: 7, address: "host:1")
    refusal.violations = [FieldViolation(field: "lines[0].sku", description: "is missing")]
    #expect(RequestRefusal(try API.Status(decoding: refusal.statusBytes())) == refusal)
    #expect(RequestRefusal(API.Status()) == nil)
  }

  /// Whatever another node sends, it ends nobody's process.
  @Test func trap40_aDelayWithoutBoundsIsADayAtMost() throws {
    var refusal = RequestRefusal(.overloaded)
    refusal.retryAfterMilliseconds = 1_500
    #expect(
      RequestRefusal(try API.Status(decoding: refusal.statusBytes()))?.retryAfterMilliseconds
        == 1_500)
    for seconds in [Int64.max, Int64.min, 86_401] {
      let delay = Duration(secondsComponent: seconds, attosecondsComponent: 0)
      let milliseconds = RequestRefusal.milliseconds(of: delay)
      #expect((0...86_400_000).contains(milliseconds), "\(seconds) s")
    }
  }

  private func response(_ ids: [String]) -> [UInt8] {
    var response = API.BatchReserveResponse()
    response.results = ids.map { id in
      var result = API.BatchReserveResult()
      result.response = API.ReserveResponse()
      result.response!.requestID = id
      return result
    }
    return response.encoded()
  }
}
