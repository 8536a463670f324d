internal import CHoldfastProto
internal import CProtobufC

/// What is known of a method's request before it is read: its type, and how many elements its
/// repeated fields may have.
@safe
struct RequestSchema {
  let descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  private var scan: WireScan

  /// Nil for what isn't a client's request.
  init?(_ method: HoldfastMethod, limits: WireLimits) {
    guard !method.isForNodes else { return nil }
    unsafe descriptor = WireFormat.descriptor(of: "holdfast.v1.\(method.name)Request")
    scan = WireScan(Self.rules(method, limits), depthMax: limits.depthMax)
  }

  mutating func check(_ bytes: UnsafeRawBufferPointer) throws(RequestRefusal) {
    try unsafe scan.check(bytes, descriptor)
  }

  private static func rules(_ method: HoldfastMethod, _ limits: WireLimits) -> [ElementRule] {
    let lines = ElementRule("holdfast.v1.ReserveRequest", "lines", limits.linesMax)
    switch method {
    case .reserve, .streamReserve: return [lines]
    case .batchReserve:
      return [
        ElementRule(
          "holdfast.v1.ReserveRequest", "lines", limits.linesMax, total: limits.batchLinesMax),
        ElementRule("holdfast.v1.BatchReserveRequest", "requests", limits.batchRequestsMax),
      ]
    case .release: return [ElementRule("holdfast.v1.ReleaseRequest", "lines", limits.linesMax)]
    case .fulfill: return [ElementRule("holdfast.v1.FulfillRequest", "lines", limits.linesMax)]
    case .queryAvailability:
      return [
        ElementRule("holdfast.v1.QueryAvailabilityRequest", "skus", limits.queriedSkusMax)
      ]
    case .watchAvailability:
      return [
        ElementRule("holdfast.v1.WatchAvailabilityRequest", "skus", limits.queriedSkusMax)
      ]
    case .syncSupply:
      return [
        ElementRule("holdfast.v1.SyncSupplyRequest", "rows", limits.syncRowsMax),
        ElementRule(
          "holdfast.v1.SyncSupplyRow", "inbound", limits.inboundPerRowMax,
          total: limits.syncInboundMax),
      ]
    case .putSku: return [ElementRule("holdfast.v1.PutSkuRequest", "units", limits.skuUnitsMax)]
    case .putPool:
      return [
        ElementRule("holdfast.v1.PutPoolRequest", "regions", limits.poolRegionsMax),
        ElementRule("holdfast.v1.PutPoolRequest", "locations", limits.poolLocationsMax),
      ]
    case .describeNode:
      return [ElementRule("holdfast.v1.DescribeNodeRequest", "digests_at", limits.digestsMax)]
    case .changeMembers:
      return [
        ElementRule("holdfast.v1.ChangeMembersRequest", "changes", limits.memberChangesMax)
      ]
    default: return []
    }
  }
}
