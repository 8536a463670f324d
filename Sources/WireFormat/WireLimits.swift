/// The limits of the API, each of which is a refusal of its own when it is crossed.
package struct WireLimits: Sendable {
  /// A UUID in its usual form.
  package var requestIDBytesMax = 36
  /// Names of pools, regions, SKUs, units, locations, owners, orders, customers, channels, sources
  /// and references.
  package var textBytesMax = 64
  /// A reservation's name: two texts, their collections and twenty digits.
  package var nameBytesMax = 192
  package var pageTokenBytesMax = 256
  /// The longest order in the real data has 705 lines.
  package var linesMax = 2_000
  /// TigerBeetle's batch, which is what ours is measured against.
  package var batchRequestsMax = 8_192
  package var batchLinesMax = 16_384
  package var syncRowsMax = 16_384
  package var syncInboundMax = 16_384
  /// One for each day of the horizon.
  package var inboundPerRowMax = 180
  package var queriedSkusMax = 2_000
  package var skuUnitsMax = 64
  package var poolRegionsMax = 64
  package var poolLocationsMax = 2_000
  package var digestsMax = 4_096
  /// Seats in one ChangeMembers.
  package var memberChangesMax = 64
  package var quantityMax: Int64 = 1_000_000_000_000
  package var ttlDefaultMilliseconds: Int64 = 15 * 60_000
  package var ttlMinMilliseconds: Int64 = 1_000
  package var ttlMaxMilliseconds: Int64 = 30 * 86_400_000
  package var pageSizeDefault = 100
  package var pageSizeMax = 1_000
  package var messageBytesMax = 4 << 20
  /// What protobuf-c may allocate for one message. A Reserve of the usual shape, or a batch of
  /// them, is read in place and needs none of it.
  package var arenaBytesMax = 8 << 20
  /// No message of ours is recursive; none nests deeper than this.
  package var depthMax = 6

  package init() {}
}
