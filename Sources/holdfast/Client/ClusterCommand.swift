import ArgumentParser
import ReservationClient
import WireFormat

struct ClusterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster", abstract: "Show and change who leads and who belongs to the shards.",
    subcommands: [
      ClusterMembersCommand.self, ClusterAddCommand.self, ClusterPromoteCommand.self,
      ClusterRemoveCommand.self, ClusterTransferCommand.self, ClusterDrainCommand.self,
    ])
}

struct ShardsOption: ParsableArguments {
  @Option(name: .customLong("shard"), help: "A shard's number, as `holdfast status` shows it.")
  var shards: [UInt32] = []

  /// The shards that were named, or else those that fit.
  func chosen(
    _ cluster: API.DescribeClusterResponse, where fits: (API.ShardDescription) -> Bool
  ) throws -> [API.ShardDescription] {
    guard !shards.isEmpty else { return cluster.shards.filter(fits) }
    return try shards.map { number in
      guard let shard = cluster.shards.first(where: { $0.id == number }) else {
        throw UsageError("there is no shard \(number); `holdfast status` lists them")
      }
      return shard
    }
  }
}

struct ClusterMembersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "members", abstract: "Show the members of each shard.")

  @OptionGroup var shards: ShardsOption
  @OptionGroup var options: ClientOptions

  func run() async throws {
    try await options.run { client in
      let cluster = try await client.send(API.DescribeClusterRequest())
      let chosen = try shards.chosen(cluster) { _ in true }
      if options.json { return printLine(json(chosen)) }
      var table = Table("SHARD", "POOL", "REGION", "NODE", "ROLE", "MATCH", "APPLIED")
      for shard in chosen {
        for member in shard.members {
          table.add(
            "\(shard.id)", shard.pool.isEmpty ? "(catalog)" : shard.pool, shard.region,
            "\(member.node)", apiName(member.role), "\(member.match)", "\(member.applied)")
        }
      }
      printLine(table.text)
    }
  }

  private func json(_ shards: [API.ShardDescription]) -> String {
    var out = JSONText()
    out.object { out in
      out.array("shards") { out in
        for shard in shards {
          out.object { out in
            out.put("id", raw: shard.id)
            out.put("leader", raw: shard.leader)
            out.array("members") { out in
              for member in shard.members {
                out.object { out in
                  out.put("node", raw: member.node)
                  out.put("role", apiName(member.role))
                  out.put("match", raw: member.match)
                }
              }
            }
          }
        }
      }
    }
    return out.text
  }
}

struct ClusterAddCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Give a node a seat without a vote.",
    discussion: """
      Without --shard, in every shard in which it has none: first in the catalog's, 1, where it finds \
      the others.
      """)

  @Argument(help: "The node's number.") var node: UInt64
  @OptionGroup var shards: ShardsOption
  @OptionGroup var options: ClientOptions

  func run() async throws {
    try await change(node, .addLearner, shards, options) { !$0.isMember(node) }
  }
}

struct ClusterPromoteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "promote", abstract: "Give a learner a vote.",
    discussion: """
      Refused while it lacks much of the log. Without --shard, in every shard of a pool in which \
      it is a learner.
      """)

  @Argument(help: "The node's number.") var node: UInt64
  @OptionGroup var shards: ShardsOption
  @OptionGroup var options: ClientOptions

  func run() async throws {
    try await change(node, .promote, shards, options) { shard in
      !shard.pool.isEmpty && shard.members.contains { $0.node == node && $0.role == .learner }
    }
  }
}

struct ClusterRemoveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Take a node's seat away.",
    discussion: "Without --shard, in every shard in which it has one; in the catalog's, 1, last.")

  @Argument(help: "The node's number.") var node: UInt64
  @OptionGroup var shards: ShardsOption
  @OptionGroup var options: ClientOptions

  func run() async throws {
    try await change(node, .remove, shards, options) { $0.isMember(node) }
  }
}

struct ClusterTransferCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transfer", abstract: "Hand the lead of a shard to another node.")

  @Argument(help: "The node that is to lead; 0 lets the leader choose.") var node: UInt64
  @OptionGroup var shards: ShardsOption
  @OptionGroup var options: ClientOptions

  func run() async throws {
    try await options.run { client in
      let cluster = try await client.send(API.DescribeClusterRequest())
      let chosen = try shards.chosen(cluster) { $0.leader != node && $0.isVoter(node) }
      try await transfer(chosen, to: node, client, options)
    }
  }
}

struct ClusterDrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain", abstract: "Hand everything that a node leads to other nodes.",
    discussion: "Before a node is stopped: then nobody waits for an election.")

  @Argument(help: "The node's number.") var node: UInt64
  @OptionGroup var options: ClientOptions

  func run() async throws {
    try await options.run { client in
      let cluster = try await client.send(API.DescribeClusterRequest())
      try await transfer(
        cluster.shards.filter { $0.leader == node }, to: 0, client, options)
    }
  }
}

extension API.ShardDescription {
  fileprivate func isMember(_ node: UInt64) -> Bool { members.contains { $0.node == node } }

  /// True for 0, which stands for any.
  fileprivate func isVoter(_ node: UInt64) -> Bool {
    node == 0 || members.contains { $0.node == node && $0.role != .learner }
  }
}

private func change(
  _ node: UInt64, _ kind: API.MemberChangeKind, _ shards: ShardsOption, _ options: ClientOptions,
  where fits: (API.ShardDescription) -> Bool
) async throws {
  try await options.run { client in
    let cluster = try await client.send(API.DescribeClusterRequest())
    var table = Table("SHARD", "VOTERS", "LEARNERS")
    let chosen = try shards.chosen(cluster, where: fits)
    // A seat in the catalog's group comes first and goes last.
    for shard in kind == .remove ? chosen.reversed() : chosen {
      if kind == .remove, shard.leader == node, shard.members.count > 1 {
        // A leader that leaves is missed until the next election; one that handed over is not.
        _ = try await client.send(API.TransferLeadershipRequest(shard: shard.id, node: 0))
      }
      let answer = try await client.send(
        API.ChangeMembersRequest(
          shard: shard.id, changes: [API.MemberChange(node: node, kind: kind)]))
      let learners = answer.members.filter { $0.role == .learner }
      let voters = answer.members.filter { $0.role != .learner }
      table.add("\(shard.id)", names(voters), names(learners))
    }
    try show(table, options)
  }
}

private func transfer(
  _ shards: [API.ShardDescription], to node: UInt64, _ client: ReservationClient,
  _ options: ClientOptions
) async throws {
  var table = Table("SHARD", "LEADER", "TERM")
  for shard in shards {
    let answer = try await client.send(
      API.TransferLeadershipRequest(shard: shard.id, node: node))
    table.add("\(shard.id)", "\(answer.leader)", "\(answer.term)")
  }
  try show(table, options)
}

private func names(_ members: [API.MemberDescription]) -> String {
  members.map { "\($0.node)" }.joined(separator: ",")
}

private func show(_ table: Table, _ options: ClientOptions) throws {
  guard options.json else {
    return printLine(table.rows.isEmpty ? "Nothing had to change." : table.text)
  }
  var out = JSONText()
  out.object { out in
    out.array("shards") { out in
      for row in table.rows {
        out.object { out in
          for (name, value) in zip(table.header, row) { out.put(name.lowercased(), value) }
        }
      }
    }
  }
  printLine(out.text)
}
