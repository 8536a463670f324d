/// Every method that a node serves, as plain data: the transport routes by these numbers and knows
/// nothing of what they mean.
package enum HoldfastMethod: Int, CaseIterable, Sendable {
  case reserve
  case batchReserve
  case streamReserve
  case confirm
  case extend
  case release
  case fulfill
  case getReservation
  case listReservations
  case queryAvailability
  case watchAvailability
  case adjustSupply
  case syncSupply
  case putSku
  case putLocation
  case putPool
  case putAccount
  case getSku
  case getLocation
  case getPool
  case getAccount
  case listSkus
  case listLocations
  case listPools
  case listAccounts
  case describeCluster
  case describeNode
  case transferLeadership
  case changeMembers
  case traceReservation
  case getPosition
  case exchange

  /// Who sends a stream of messages instead of one.
  package enum Kind: Sendable {
    case unary
    case clientStream
    case serverStream
    case bidirectional
  }

  package var kind: Kind {
    switch self {
    case .streamReserve, .exchange: .bidirectional
    case .watchAvailability: .serverStream
    default: .unary
    }
  }

  /// The full name of the service, as health and reflection know it.
  package var service: String {
    switch self {
    case .reserve, .batchReserve, .streamReserve, .confirm, .extend, .release, .fulfill,
      .getReservation, .listReservations:
      "holdfast.v1.ReservationService"
    case .queryAvailability, .watchAvailability: "holdfast.v1.AvailabilityService"
    case .adjustSupply, .syncSupply: "holdfast.v1.SupplyService"
    case .putSku, .putLocation, .putPool, .putAccount, .getSku, .getLocation, .getPool,
      .getAccount, .listSkus, .listLocations, .listPools, .listAccounts:
      "holdfast.v1.CatalogService"
    case .describeCluster, .describeNode, .transferLeadership, .changeMembers:
      "holdfast.v1.ClusterService"
    case .traceReservation, .getPosition: "holdfast.v1.AuditService"
    case .exchange: "holdfast.peer.v1.PeerService"
    }
  }

  /// The method's own name: that of the case with a capital.
  package var name: String {
    let name = "\(self)"
    return name.prefix(1).uppercased() + name.dropFirst()
  }

  /// The path of its requests, such as `/holdfast.v1.ReservationService/Reserve`.
  package var path: String { "/\(service)/\(name)" }

  /// Only nodes may call it.
  package var isForNodes: Bool { self == .exchange }

  /// May change something: such a call is proposed, and an unanswered one has an unknown outcome.
  package var isWrite: Bool {
    switch self {
    case .reserve, .batchReserve, .streamReserve, .confirm, .extend, .release, .fulfill,
      .adjustSupply, .syncSupply, .putSku, .putLocation, .putPool, .putAccount,
      .transferLeadership, .changeMembers:
      true
    default: false
    }
  }

  /// The services that clients see, in the order of the table.
  package static var services: [String] {
    var names: [String] = []
    for method in allCases where names.last != method.service { names.append(method.service) }
    return names
  }
}
