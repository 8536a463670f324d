import GRPCTransport
import ReservationClient
import Testing
import WireFormat

@testable import NodeRuntime

@Suite(.timeLimit(.minutes(1)))
struct DiskGaugeTests {
  @Test func theGaugeTellsOfEachChangeOnce() {
    let gauge = DiskGauge(freeBytesMin: 100)
    #expect(!gauge.isFull)
    #expect(!gauge.measured(freeBytes: 100))
    #expect(gauge.measured(freeBytes: 99))
    #expect(gauge.isFull)
    #expect(!gauge.measured(freeBytes: 0))
    #expect(gauge.measured(freeBytes: 100))
    #expect(!gauge.isFull)
  }

  @Test func ruleQ5_aFullDiskTakesInNothingNewAndStillSettlesHolds() {
    let refused = HoldfastMethod.allCases.filter(\.fillsDisk)
    #expect(
      refused.map(\.name).sorted() == [
        "AdjustSupply", "BatchReserve", "PutAccount", "PutLocation", "PutPool", "PutSku",
        "Reserve", "StreamReserve", "SyncSupply",
      ])
  }

  @Test func ruleQ5_intakeIsRefusedWhileTheDiskIsFull() async throws {
    try await NodeHarness.with({ $0.freeBytesMin = .max }) { node in
      // A SKU is taken until the disk was looked at for the first time.
      let put = API.PutSkuRequest(sku: "s").encoded()
      var failure: CallFailure?
      while failure?.reason != "DISK_FULL" {
        let result = await node.channel.call(
          MethodPath(HoldfastMethod.putSku.path), message: put, options: .timeout(patience))
        failure = result.status.code == .ok ? nil : CallFailure(result.status)
      }
      #expect(failure?.code == .resourceExhausted)
      let name = "pools/p/regions/eu/reservations/1"
      await #expect {
        try await node.client.confirm(API.ConfirmRequest(name: name))
      } throws: { error in
        guard case ClientFailure.refused(let failure) = error else { return false }
        return failure.reason == "UNKNOWN_POOL"
      }
    }
  }
}
