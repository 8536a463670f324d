/// Which shard a call is for, as far as a client can tell: what the leader's address is kept under.
package struct Route: Hashable, Sendable {
  let key: String

  /// A shard of a pool.
  package static func pool(_ pool: String, region: String) -> Route {
    Route(key: "pool/\(pool)/\(region)")
  }

  /// The shard in a reservation's name, which is `pools/P/regions/R/reservations/N`.
  package static func reservation(_ name: String) -> Route {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 6 else { return .any }
    return .pool(String(parts[1]), region: String(parts[3]))
  }

  /// The accounts of one location mostly have one home.
  package static func location(_ location: String) -> Route { Route(key: "location/\(location)") }

  package static let catalog = Route(key: "catalog")
  /// No shard in particular: the asked node finds out.
  package static let any = Route(key: "")

  var isKnown: Bool { !key.isEmpty }
}
