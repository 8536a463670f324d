package import Primitives

/// What placement looks at in a node.
package struct NodePlace: Sendable, Equatable {
  package var node: NodeID
  package var region: [UInt8]
  package var zone: [UInt8]

  package init(node: NodeID, region: [UInt8], zone: [UInt8]) {
    self.node = node
    self.region = region
    self.zone = zone
  }
}

/// The members that a group begins with. Whoever opens the group, whenever, begins with the same
/// ones, and learns from its log who came and went since.
package struct Founders: Sendable, Equatable {
  /// In order of id, like the others.
  package var voters: [NodeID] = []
  package var learners: [NodeID] = []
  /// Stand for the first election earlier than the others.
  package var preferred: [NodeID] = []

  package init(voters: [NodeID] = [], learners: [NodeID] = [], preferred: [NodeID] = []) {
    self.voters = voters
    self.learners = learners
    self.preferred = preferred
  }
}

/// Which nodes found which group. It is asked once for each group: for a shard by the entry that
/// makes it, whose ledger keeps the answer; for the meta group by the founders' first start.
package enum PlacementRule {
  /// Five members survive two failures; more only make each commit wait longer.
  package static let membersMax = 5
  /// Fewer members than this survive nothing.
  static let membersMin = 3

  /// The meta group: the first node of each region votes, all others learn, so that each node has
  /// the catalog and the map from account to shard.
  package static func meta(nodes: [NodePlace]) -> Founders {
    var voters: [NodeID] = []
    var regions: [[UInt8]] = []
    for place in nodes where !regions.contains(place.region) && voters.count < membersMax {
      regions.append(place.region)
      voters.append(place.node)
    }
    let learners = nodes.map(\.node).filter { !voters.contains($0) }
    return Founders(voters: voters, learners: learners, preferred: Array(voters.prefix(1)))
  }

  /// A shard: a member on every node when each region has one node; else the nodes of its region,
  /// spread over zones, so that it survives a zone.
  package static func shard(region: [UInt8], nodes: [NodePlace]) -> Founders {
    let own = nodes.filter { $0.region == region }
    let others = nodes.filter { $0.region != region }
    var chosen: [NodePlace]
    if hasOneNodePerRegion(nodes) {
      chosen = own + others.prefix(membersMax - own.count)
    } else {
      chosen = Array(spreadOverZones(own).prefix(membersMax))
      if chosen.count >= membersMin {
        if chosen.count % 2 == 0 { chosen.removeLast() }
      } else {
        chosen += others.prefix(membersMin - chosen.count)
      }
    }
    return Founders(
      voters: chosen.map(\.node).sorted(),
      preferred: chosen.filter { $0.region == region }.map(\.node).sorted())
  }

  private static func hasOneNodePerRegion(_ nodes: [NodePlace]) -> Bool {
    var regions: [[UInt8]] = []
    for place in nodes {
      guard !regions.contains(place.region) else { return false }
      regions.append(place.region)
    }
    return true
  }

  /// Takes one node of each zone in turn, zones in order of their first node.
  private static func spreadOverZones(_ nodes: [NodePlace]) -> [NodePlace] {
    var zones: [(zone: [UInt8], places: [NodePlace])] = []
    for place in nodes {
      if let at = zones.firstIndex(where: { $0.zone == place.zone }) {
        zones[at].places.append(place)
      } else {
        zones.append((place.zone, [place]))
      }
    }
    var spread: [NodePlace] = []
    for round in 0..<nodes.count {
      for zone in zones where round < zone.places.count { spread.append(zone.places[round]) }
    }
    return spread
  }
}
