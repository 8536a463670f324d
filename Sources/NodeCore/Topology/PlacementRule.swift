import Primitives

/// Which nodes are members of which group: a function of the topology alone, so that every node
/// that applies the same PutPool opens the same group.
enum PlacementRule {
  /// Five members survive two failures; more only make each commit wait longer.
  static let membersMax = 5
  /// Fewer members than this survive nothing.
  static let membersMin = 3

  /// The meta group: the first node of each region votes, all others learn, so that each node has
  /// the catalog and the map from account to shard.
  static func meta(nodes: [NodeSeat]) -> GroupDescriptor {
    var voters: [NodeID] = []
    var regions: [[UInt8]] = []
    for seat in nodes where !regions.contains(seat.region) && voters.count < membersMax {
      regions.append(seat.region)
      voters.append(seat.id)
    }
    let learners = nodes.map(\.id).filter { !voters.contains($0) }
    return GroupDescriptor(
      shard: .meta, pool: [], region: [], voters: voters, learners: learners,
      preferred: Array(voters.prefix(1)))
  }

  /// A shard: a member on every node when each region has one node; else the nodes of its region,
  /// spread over zones, so that it survives a zone.
  static func shard(
    _ shard: ShardID, pool: [UInt8], region: [UInt8], nodes: [NodeSeat]
  ) -> GroupDescriptor {
    let own = nodes.filter { $0.region == region }
    let others = nodes.filter { $0.region != region }
    var chosen: [NodeSeat]
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
    let members = chosen.map(\.id).sorted()
    return GroupDescriptor(
      shard: shard, pool: pool, region: region, voters: members, learners: [],
      preferred: chosen.filter { $0.region == region }.map(\.id).sorted())
  }

  private static func hasOneNodePerRegion(_ nodes: [NodeSeat]) -> Bool {
    var regions: [[UInt8]] = []
    for seat in nodes {
      guard !regions.contains(seat.region) else { return false }
      regions.append(seat.region)
    }
    return true
  }

  /// Takes one node of each zone in turn, zones in order of their first node.
  private static func spreadOverZones(_ nodes: [NodeSeat]) -> [NodeSeat] {
    var zones: [(zone: [UInt8], seats: [NodeSeat])] = []
    for seat in nodes {
      if let at = zones.firstIndex(where: { $0.zone == seat.zone }) {
        zones[at].seats.append(seat)
      } else {
        zones.append((seat.zone, [seat]))
      }
    }
    var spread: [NodeSeat] = []
    for round in 0..<nodes.count {
      for zone in zones where round < zone.seats.count { spread.append(zone.seats[round]) }
    }
    return spread
  }
}
