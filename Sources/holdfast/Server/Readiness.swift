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
    let channels = layout.nodes.map { node in
      GRPCChannel(
        host: node.plaintext.host, port: node.plaintext.port, tls: nil,
        eventLoop: MultiThreadedEventLoopGroup.singleton.next())
    }
    defer { for channel in channels { channel.close() } }
    while !stop.isStopped {
      if await allReady(channels, nodes: layout.nodes.count) { return true }
      if Date().timeIntervalSince(told) > 2 {
        told = Date()
        printError("waiting for leaders, \(Int(told.timeIntervalSince(started))) s")
      }
      try? await Task.sleep(nanoseconds: 20_000_000)
    }
    return false
  }

  private func allReady(_ channels: [GRPCChannel], nodes: Int) async -> Bool {
    for channel in channels {
      guard let picture = await describe(channel), picture.nodes.count == nodes,
        picture.nodes.allSatisfy({ $0.state == .serving }), !picture.shards.isEmpty,
        picture.shards.allSatisfy({ $0.leader != 0 })
      else { return false }
    }
    return true
  }

  private func describe(_ channel: GRPCChannel) async -> API.DescribeClusterResponse? {
    let bytes = try? await channel.unary(
      MethodPath(HoldfastMethod.describeCluster.path),
      message: API.DescribeClusterRequest().encoded(),
      options: .timeout(.seconds(2)))
    return bytes.flatMap { try? API.DescribeClusterResponse(decoding: $0) }
  }
}
