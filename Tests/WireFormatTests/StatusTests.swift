import Primitives
import StockLedger
import Testing

@testable import WireFormat

/// The details of a refused call, as another language's gRPC reads them.
@Suite struct StatusTests {
  static func json(_ refusal: RequestRefusal) -> String? {
    protoJSON(refusal.statusBytes(), "google.rpc.Status")
  }

  @Test func aBadFieldIsABadRequest() throws {
    var request = Samples.reserve()
    request.lines[1].quantity = 0
    let refusal = try #require(refused(.reserve, request.encoded()))
    let text = "must be at least 1, not 0"
    #expect(
      Self.json(refusal)
        == #"{"code":3,"message":"lines[1].quantity: \#(text)","details":["#
        + #"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"INVALID_FIELD","#
        + #""domain":"holdfast"},{"@type":"type.googleapis.com/google.rpc.BadRequest","#
        + #""fieldViolations":[{"field":"lines[1].quantity","description":"\#(text)"}]}]}"#)
  }

  @Test func aLimitIsInTheMetadata() throws {
    var request = Samples.reserve()
    request.requestID = String(repeating: "x", count: 40)
    let refusal = try #require(refused(.reserve, request.encoded()))
    let text = "at most 36 bytes, not 40"
    #expect(
      Self.json(refusal)
        == #"{"code":3,"message":"request_id: \#(text)","details":["#
        + #"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"LIMIT_EXCEEDED","#
        + #""domain":"holdfast","metadata":{"field":"request_id","limit":"36","actual":"40"}},"#
        + #"{"@type":"type.googleapis.com/google.rpc.BadRequest","#
        + #""fieldViolations":[{"field":"request_id","description":"\#(text)"}]}]}"#)
  }

  @Test func aWrongStateIsAFailedPrecondition() throws {
    var out = ByteWriter()
    OutcomeWriter.refuse(2, .wrongState, state: .released, into: &out)
    var refusal = unsafe out.bytes.withUnsafeBytes {
      var reader = unsafe OutcomeReader($0)
      return ResponseEncoder.refusal(reader.next()!)
    }
    refusal.subject = Samples.name
    #expect(
      Self.json(refusal)
        == #"{"code":9,"message":"the reservation is RELEASED","details":["#
        + #"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"WRONG_STATE","#
        + #""domain":"holdfast","metadata":{"state":"RELEASED"}},"#
        + #"{"@type":"type.googleapis.com/google.rpc.PreconditionFailure","violations":["#
        + #"{"type":"WRONG_STATE","subject":"\#(Samples.name)","#
        + #""description":"the reservation is RELEASED"}]}]}"#)
  }

  /// Supply is routed by the node's catalog, so the account is there: the shard has yet to hear of it.
  @Test func anAccountThatTheShardHasNotHeardOfIsToBeTriedAgain() {
    for refused in [CallRefusal.unknownAccount, .unknownSku, .unknownLocation] {
      var out = ByteWriter()
      OutcomeWriter.refuse(2, refused, into: &out)
      unsafe out.bytes.withUnsafeBytes {
        var reader = unsafe OutcomeReader($0)
        let outcome = reader.next()!
        let refusal = ResponseEncoder.refusal(outcome, .adjustSupply)
        #expect(refusal.reason == .catalogMissing)
        #expect(refusal.retryAfterMilliseconds == 100)
        #expect(ResponseEncoder.refusal(outcome).reason == ErrorReason(refused))
      }
    }
  }

  @Test func overloadSaysWhenToTryAgain() {
    #expect(
      Self.json(.retry(.overloaded, afterMilliseconds: 1_250))
        == #"{"code":8,"message":"the node has as much work as it takes","details":["#
        + #"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"OVERLOADED","#
        + #""domain":"holdfast"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","#
        + #""retryDelay":"1.250s"}]}"#)
  }

  @Test func everyStatusHasExactlyOneErrorInfo() throws {
    for reason in ErrorReason.allCases {
      let status = try API.Status(decoding: RequestRefusal(reason).statusBytes())
      #expect(status.details.count { $0.typeURL.hasSuffix("google.rpc.ErrorInfo") } == 1)
      #expect(status.reason == reason && status.code == reason.code.rawValue)
      #expect(!status.message.isEmpty && status.errorInfo?.domain == "holdfast")
    }
  }

  @Test func clientsFindTheLeaderInAHint() throws {
    let refusal = RequestRefusal.notLeader(node: 3, address: "127.0.0.1:7420")
    let status = try API.Status(decoding: refusal.statusBytes())
    #expect(status.code == StatusCode.unavailable.rawValue)
    #expect(status.leaderHint?.node == 3 && status.leaderHint?.address == "127.0.0.1:7420")
    #expect(status.retryInfo?.retryDelay == .zero)
  }

  @Test func aStatusOfSomebodyElseHasNoReasonOfOurs() throws {
    var info = API.ErrorInfo()
    info.reason = "HOLD_EXPIRED"
    info.domain = "elsewhere"
    var detail = API.Detail()
    detail.typeURL = "type.googleapis.com/google.rpc.ErrorInfo"
    detail.value = info.encoded()
    var status = API.Status()
    status.details = [detail]
    #expect(status.reason == nil && status.errorInfo == info)
  }
}
