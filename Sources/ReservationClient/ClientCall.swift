// Which answer and which method go with each request of the API.

package import Primitives
package import WireFormat

/// A request that a client makes.
package protocol ClientCall: WireMessage {
  associatedtype Answer: WireMessage
  static var method: HoldfastMethod { get }
}

/// A request that acts once: its id and time are made before the first attempt, and every retry
/// repeats them.
package protocol StampedCall: ClientCall {
  var requestID: String { get set }
  var firstSentAt: LogTime? { get set }
}

extension StampedCall {
  package func stamped(_ stamp: RequestStamp) -> Self {
    var copy = self
    copy.requestID = stamp.requestID
    copy.firstSentAt = stamp.firstSentAt
    return copy
  }
}

extension API.ReserveRequest: StampedCall {
  package typealias Answer = API.ReserveResponse
  package static var method: HoldfastMethod { .reserve }
}
extension API.BatchReserveRequest: ClientCall {
  package typealias Answer = API.BatchReserveResponse
  package static var method: HoldfastMethod { .batchReserve }
}
extension API.ConfirmRequest: StampedCall {
  package typealias Answer = API.ConfirmResponse
  package static var method: HoldfastMethod { .confirm }
}
extension API.ExtendRequest: StampedCall {
  package typealias Answer = API.ExtendResponse
  package static var method: HoldfastMethod { .extend }
}
extension API.ReleaseRequest: StampedCall {
  package typealias Answer = API.ReleaseResponse
  package static var method: HoldfastMethod { .release }
}
extension API.FulfillRequest: StampedCall {
  package typealias Answer = API.FulfillResponse
  package static var method: HoldfastMethod { .fulfill }
}
extension API.GetReservationRequest: ClientCall {
  package typealias Answer = API.GetReservationResponse
  package static var method: HoldfastMethod { .getReservation }
}
extension API.ListReservationsRequest: ClientCall {
  package typealias Answer = API.ListReservationsResponse
  package static var method: HoldfastMethod { .listReservations }
}
extension API.QueryAvailabilityRequest: ClientCall {
  package typealias Answer = API.QueryAvailabilityResponse
  package static var method: HoldfastMethod { .queryAvailability }
}
extension API.AdjustSupplyRequest: StampedCall {
  package typealias Answer = API.AdjustSupplyResponse
  package static var method: HoldfastMethod { .adjustSupply }
}
extension API.SyncSupplyRequest: StampedCall {
  package typealias Answer = API.SyncSupplyResponse
  package static var method: HoldfastMethod { .syncSupply }
}
extension API.PutSkuRequest: StampedCall {
  package typealias Answer = API.PutSkuResponse
  package static var method: HoldfastMethod { .putSku }
}
extension API.PutLocationRequest: StampedCall {
  package typealias Answer = API.PutLocationResponse
  package static var method: HoldfastMethod { .putLocation }
}
extension API.PutPoolRequest: StampedCall {
  package typealias Answer = API.PutPoolResponse
  package static var method: HoldfastMethod { .putPool }
}
extension API.PutAccountRequest: StampedCall {
  package typealias Answer = API.PutAccountResponse
  package static var method: HoldfastMethod { .putAccount }
}
extension API.GetSkuRequest: ClientCall {
  package typealias Answer = API.GetSkuResponse
  package static var method: HoldfastMethod { .getSku }
}
extension API.GetLocationRequest: ClientCall {
  package typealias Answer = API.GetLocationResponse
  package static var method: HoldfastMethod { .getLocation }
}
extension API.GetPoolRequest: ClientCall {
  package typealias Answer = API.GetPoolResponse
  package static var method: HoldfastMethod { .getPool }
}
extension API.GetAccountRequest: ClientCall {
  package typealias Answer = API.GetAccountResponse
  package static var method: HoldfastMethod { .getAccount }
}
extension API.ListSkusRequest: ClientCall {
  package typealias Answer = API.ListSkusResponse
  package static var method: HoldfastMethod { .listSkus }
}
extension API.ListLocationsRequest: ClientCall {
  package typealias Answer = API.ListLocationsResponse
  package static var method: HoldfastMethod { .listLocations }
}
extension API.ListPoolsRequest: ClientCall {
  package typealias Answer = API.ListPoolsResponse
  package static var method: HoldfastMethod { .listPools }
}
extension API.ListAccountsRequest: ClientCall {
  package typealias Answer = API.ListAccountsResponse
  package static var method: HoldfastMethod { .listAccounts }
}
extension API.DescribeClusterRequest: ClientCall {
  package typealias Answer = API.DescribeClusterResponse
  package static var method: HoldfastMethod { .describeCluster }
}
extension API.DescribeNodeRequest: ClientCall {
  package typealias Answer = API.DescribeNodeResponse
  package static var method: HoldfastMethod { .describeNode }
}
extension API.TransferLeadershipRequest: ClientCall {
  package typealias Answer = API.TransferLeadershipResponse
  package static var method: HoldfastMethod { .transferLeadership }
}
extension API.ChangeMembersRequest: ClientCall {
  package typealias Answer = API.ChangeMembersResponse
  package static var method: HoldfastMethod { .changeMembers }
}
extension API.TraceReservationRequest: ClientCall {
  package typealias Answer = API.TraceReservationResponse
  package static var method: HoldfastMethod { .traceReservation }
}
extension API.GetPositionRequest: ClientCall {
  package typealias Answer = API.GetPositionResponse
  package static var method: HoldfastMethod { .getPosition }
}
