import ArgumentParser
import ReservationClient
import WireFormat

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show nodes, shards, leaders and whether members agree.",
    discussion: "Exit code 1 when a shard has no leader.")

  @OptionGroup var options: ClientOptions

  func run() async throws {
    try await options.run { client in
      let cluster = try await client.send(API.DescribeClusterRequest())
      printLine(options.json ? json(cluster) : text(cluster))
      guard cluster.shards.allSatisfy({ $0.leader != 0 }) else {
        say("A shard has no leader: start its nodes, or wait for an election.")
        throw Exit.refused
      }
    }
  }

  private func json(_ cluster: API.DescribeClusterResponse) -> String {
    var out = JSONText()
    out.object { out in
      out.array("nodes") { out in
        for node in cluster.nodes {
          out.object { out in
            out.put("id", raw: node.id)
            out.put("region", node.region)
            out.put("state", apiName(node.state))
          }
        }
      }
      out.array("shards") { out in
        for shard in cluster.shards { write(shard, &out) }
      }
    }
    return out.text
  }

  private func write(_ shard: API.ShardDescription, _ out: inout JSONText) {
    out.object { out in
      out.put("id", raw: shard.id)
      out.put("pool", shard.pool)
      out.put("region", shard.region)
      out.put("leader", raw: shard.leader)
      out.put("term", raw: shard.term)
      out.put("commit", raw: shard.commit)
      out.put("applied", raw: shard.applied)
      out.put("digest", hexText(shard.digest))
      out.put("digest_index", raw: shard.digestIndex)
      out.array("members") { out in
        for member in shard.members {
          out.object { out in
            out.put("id", raw: member.id)
            out.put("role", apiName(member.role))
            out.put("match", raw: member.match)
            out.put("node", raw: member.node)
            out.put("applied", raw: member.applied)
            out.put("digest", hexText(member.digest))
            out.put("standing", apiName(member.standing))
          }
        }
      }
      out.put("reservations_made", raw: shard.reservationsMade)
      out.put("live_reservations", raw: shard.liveReservations)
      out.put("dedupe_horizon_seconds", raw: shard.dedupeHorizon?.components.seconds ?? 0)
    }
  }

  private func text(_ cluster: API.DescribeClusterResponse) -> String {
    var nodes = Table("NODE", "REGION", "ZONE", "STATE", "ADDRESS")
    for node in cluster.nodes {
      nodes.add("\(node.id)", node.region, node.zone, apiName(node.state), node.address)
    }
    var shards = Table(
      "SHARD", "POOL", "REGION", "LEADER", "TERM", "COMMIT", "APPLIED", "LIVE", "MEMBERS AGREE")
    for shard in cluster.shards {
      shards.add(
        "\(shard.id)", shard.pool.isEmpty ? "(catalog)" : shard.pool, shard.region,
        shard.leader == 0 ? "none" : "node \(shard.leader)", "\(shard.term)", "\(shard.commit)",
        "\(shard.applied)", "\(shard.liveReservations)", agreement(shard))
    }
    return nodes.text + "\n\n" + shards.text
  }

  private func agreement(_ shard: API.ShardDescription) -> String {
    let unsound = shard.members.filter { $0.standing != .serving && $0.standing != .unspecified }
    guard unsound.isEmpty else {
      return unsound.map { "node \($0.node) \(apiName($0.standing))" }.joined(separator: ", ")
    }
    let known = shard.members.filter { !$0.digest.isEmpty }
    guard !known.isEmpty else { return "not known" }
    guard known.allSatisfy({ $0.digest == shard.digest }) else { return "NO" }
    return "\(known.count) of \(shard.members.count) at \(shard.digestIndex)"
  }
}
