// When a cluster that is starting can be called ready.

import Foundation
import GRPCTransport
import NIOCore
import NIOPosix
import WireFormat

extension DevCommand {
  /// Waits until every shard has a leader that every node knows; false when stopped before.
  func waitUntilReady(_ layout: DevLayout, _ stop: StopSignals) async -> Bool {
    let started = Date()
    var told = started
    let channels = layout.founders.map { node in
      GRPCChannel(
        host: node.plaintext.host, port: node.plaintext.port, tls: nil,
        eventLoop: MultiThreadedEventLoopGroup.singleton.next())
    }
    defer { for channel in channels { channel.close() } }
    while !stop.isStopped {
      guard let missing = await missing(channels, layout) else { return true }
      if Date().timeIntervalSince(told) > 2 {
        told = Date()
        printError("waiting for \(missing), \(Int(told.timeIntervalSince(started))) s")
      }
      try? await Task.sleep(nanoseconds: 20_000_000)
    }
    return false
  }

  /// What the cluster lacks, as its nodes see it; nil when it lacks nothing.
  private func missing(_ channels: [GRPCChannel], _ layout: DevLayout) async -> String? {
    for (channel, node) in zip(channels, layout.founders) {
      guard let picture = await describe(channel) else { return "an answer of node \(node.id)" }
      if let lack = picture.lack(of: layout.founders.map(\.id)) { return lack }
    }
    return nil
  }

  private func describe(_ channel: GRPCChannel) async -> API.DescribeClusterResponse? {
    let bytes = try? await channel.unary(
      MethodPath(HoldfastMethod.describeCluster.path),
      message: API.DescribeClusterRequest().encoded(),
      options: .timeout(.seconds(2)))
    return bytes.flatMap { try? API.DescribeClusterResponse(decoding: $0) }
  }
}

extension API.DescribeClusterResponse {
  /// What keeps the cluster of these nodes from being ready, in the eyes of the one that was asked.
  func lack(of started: [UInt64]) -> String? {
    let known = nodes.filter { started.contains($0.id) }
    if known.count != started.count { return "\(started.count - known.count) nodes" }
    if let node = known.first(where: { $0.state != .serving }) {
      return node.state == .starting
        ? "node \(node.id) to apply its log" : "node \(node.id) to be heard by \(answeredBy)"
    }
    if shards.isEmpty { return "the catalog's group" }
    return shards.first { $0.leader == 0 }.map { "a leader of shard \($0.id)" }
  }
}
