import Primitives
import RaftConsensus
import Testing

@testable import NodeCore

private func seats(_ places: [(String, String)]) -> [NodeSeat] {
  places.enumerated().map { at, place in
    NodeSeat(
      id: NodeID(UInt64(at + 1)), region: Array(place.0.utf8), zone: Array(place.1.utf8),
      address: [])
  }
}

private func members(_ region: String, _ nodes: [NodeSeat]) -> [UInt64] {
  PlacementRule.shard(ShardID(2), pool: [1], region: Array(region.utf8), nodes: nodes)
    .voters.map(\.rawValue)
}

@Suite struct PlacementTests {
  @Test func withOneNodePerRegionEachShardIsEverywhereAndLedAtHome() {
    let nodes = seats([("eu", "a"), ("us", "a"), ("ap", "a")])
    let shard = PlacementRule.shard(
      ShardID(2), pool: [1], region: Array("us".utf8), nodes: nodes)
    #expect(shard.voters.map(\.rawValue) == [1, 2, 3])
    #expect(shard.preferred == [NodeID(2)])
  }

  @Test func moreThanFiveRegionsDoNotMakeMoreThanFiveMembers() {
    let nodes = seats((0..<7).map { ("r\($0)", "a") })
    #expect(members("r6", nodes) == [1, 2, 3, 4, 7])
  }

  @Test func withThreeNodesPerRegionAShardStaysInItsRegion() {
    let nodes = seats(
      ["eu", "us", "ap"].flatMap { region in ["a", "b", "c"].map { (region, $0) } })
    #expect(members("us", nodes) == [4, 5, 6])
  }

  @Test func manyNodesOfARegionAreSpreadOverZonesInOddNumber() {
    let nodes = seats([
      ("eu", "a"), ("eu", "a"), ("eu", "a"), ("eu", "b"), ("eu", "c"), ("eu", "c"), ("us", "a"),
    ])
    #expect(members("eu", nodes) == [1, 2, 4, 5, 6])
    let four = seats([("eu", "a"), ("eu", "a"), ("eu", "b"), ("eu", "c"), ("us", "a")])
    #expect(members("eu", four) == [1, 3, 4])
  }

  @Test func aRegionWithTooFewNodesBorrowsMembers() {
    let nodes = seats([("eu", "a"), ("eu", "b"), ("us", "a"), ("ap", "a")])
    #expect(members("us", nodes) == [1, 2, 3])
    #expect(members("eu", nodes) == [1, 2, 3])
  }

  @Test func theMetaGroupVotesOncePerRegionAndTheOthersLearn() {
    let nodes = seats([("eu", "a"), ("eu", "b"), ("us", "a"), ("us", "b"), ("ap", "a")])
    let meta = PlacementRule.meta(nodes: nodes)
    #expect(meta.voters.map(\.rawValue) == [1, 3, 5])
    #expect(meta.learners.map(\.rawValue) == [2, 4])
  }

  @Test func aDescriptorComesBackAsItWas() {
    let descriptor = GroupDescriptor(
      shard: ShardID(9), pool: Array("web".utf8), region: Array("eu".utf8),
      voters: [NodeID(1), NodeID(5)], learners: [NodeID(7)], preferred: [NodeID(5)])
    #expect(GroupDescriptor(decoding: descriptor.encoded()) == descriptor)
  }

  @Test func bytesThatAreNoDescriptorAreRefused() {
    let bytes = PlacementRule.meta(nodes: seats([("eu", "a")])).encoded()
    for count in 0..<bytes.count {
      #expect(GroupDescriptor(decoding: Array(bytes.prefix(count))) == nil)
    }
    #expect(GroupDescriptor(decoding: bytes + [0]) == nil)
    var random = SeededRandom(seed: 7)
    for _ in 0..<2_000 {
      var broken = bytes
      broken[Int(random.below(UInt64(broken.count)))] = UInt8(random.below(256))
      if let decoded = GroupDescriptor(decoding: broken) { #expect(decoded.encoded() == broken) }
    }
  }
}
