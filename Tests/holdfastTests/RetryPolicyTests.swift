import GRPCTransport
import Primitives
import Testing
import WireFormat

@testable import ReservationClient

/// A failure as a node of ours sends it.
private func failure(_ refusal: RequestRefusal) -> CallFailure {
  let code = GRPCTransport.StatusCode(rawValue: UInt8(refusal.code.rawValue)) ?? .unknown
  return CallFailure(GRPCStatus(code, refusal.message, details: refusal.statusBytes()))
}

@Suite struct RetryPolicyTests {
  let policy = RetryPolicy()

  private func verdict(_ failure: CallFailure, redirects: Int = 0) -> RetryPolicy.Verdict {
    policy.verdict(failure, attempt: 1, redirects: redirects, jitter: 0)
  }

  @Test func aLeaderHintIsFollowedAtOnceAndLaterWithABreak() {
    let hint = failure(.notLeader(node: 2, address: "127.0.0.1:7410"))
    #expect(verdict(hint) == .redirect(address: "127.0.0.1:7410", after: 0))
    #expect(verdict(hint, redirects: 2) == .redirect(address: "127.0.0.1:7410", after: 10_000_000))
  }

  @Test func aDeadNodeIsLeftForAnother() {
    let gone = CallFailure(.unavailable, "connection refused")
    #expect(verdict(gone) == .elsewhere(after: 10_000_000))
  }

  @Test func theServersOwnDelayIsKept() {
    let wait = failure(.retry(.overloaded, afterMilliseconds: 400))
    #expect(verdict(wait) == .again(after: 400_000_000))
  }

  @Test(arguments: [
    ErrorReason.invalidField, .unknownPool, .wrongState, .requestIDReused, .notPermitted,
    .certificateRequired,
  ])
  func aDecisionIsFinal(reason: ErrorReason) {
    #expect(verdict(failure(RequestRefusal(reason))) == .final)
  }

  @Test func backoffDoublesUpToItsLimitAndHasJitter() {
    let waits = (1...12).map { policy.backoff($0, 0) }
    #expect(waits == waits.sorted())
    #expect(waits[1] == waits[0] * 2)
    #expect(policy.backoff(40, .max) <= policy.backoffMax)
    #expect(policy.backoff(3, 1_000) != policy.backoff(3, 2_000))
  }

  /// Trap 40: what may have acted is never reported as failed.
  @Test func onlyWhatCertainlyDidNotActCountsAsNotDone() {
    let silent = CallFailure(.deadlineExceeded, "")
    #expect(silent.mayHaveActed(neverProcessed: false))
    #expect(!silent.mayHaveActed(neverProcessed: true))
    #expect(CallFailure(.unavailable, "reset").mayHaveActed(neverProcessed: false))
    #expect(failure(RequestRefusal(.outcomeUnknown)).mayHaveActed(neverProcessed: false))
    #expect(!failure(RequestRefusal(.noLeader)).mayHaveActed(neverProcessed: false))
    #expect(!failure(RequestRefusal(.overloaded)).mayHaveActed(neverProcessed: false))
  }

  @Test func detailsOfARefusalAreRead() {
    var refusal = RequestRefusal(.invalidField, "lines: missing")
    refusal.violations = [FieldViolation(field: "lines", description: "at least one")]
    let read = failure(refusal)
    #expect(read.reason == "INVALID_FIELD")
    #expect(read.violations == ["lines: at least one"])
    #expect(read.description == "INVALID_FIELD: lines: missing")
  }
}

@Suite struct RequestStampTests {
  @Test func idsAreUUIDsOfVersionSevenThatCarryTheTime() {
    var stamps = RequestStamps()
    let id = stamps.next(now: 0x0123_4567_89AB).requestID
    #expect(id.utf8.count == 36)
    #expect(id.hasPrefix("01234567-89ab-7"))
    #expect(["8", "9", "a", "b"].contains(String(Array(id)[19])))
  }

  @Test func idsRiseAndNeverRepeatAlsoWhenTheClockStandsOrGoesBack() {
    var stamps = RequestStamps()
    var ids: [String] = []
    for step in 0..<10_000 { ids.append(stamps.next(now: 1_000_000 - Int64(step % 7)).requestID) }
    #expect(ids == ids.sorted())
    #expect(Set(ids).count == ids.count)
  }

  @Test func aStampedRequestKeepsItsIdAndTime() {
    let stamp = RequestStamp(requestID: "r1", firstSentAt: LogTime(milliseconds: 5))
    let request = API.ConfirmRequest(name: "n").stamped(stamp)
    #expect(request.requestID == "r1")
    #expect(request.firstSentAt == LogTime(milliseconds: 5))
  }
}

@Suite struct AddressTests {
  @Test(arguments: [
    ("127.0.0.1:7400", "127.0.0.1"), ("node.example:1", "node.example"), ("[::1]:7400", "::1"),
  ])
  func addressesAreHostAndPort(text: String, host: String) {
    let address = NodeAddress(text)
    #expect(address?.host == host)
    #expect(address?.description == text)
  }

  @Test(arguments: ["", "host", ":7400", "host:0", "host:70000", "::1:7400", "host:x"])
  func otherTextsAreNoAddresses(text: String) {
    #expect(NodeAddress(text) == nil)
  }

  @Test func aReservationsNameTellsItsShard() {
    let route = Route.reservation("pools/p/regions/eu/reservations/7")
    #expect(route == Route.pool("p", region: "eu"))
    #expect(Route.reservation("nonsense") == .any)
  }
}
