import NodeCore
import Primitives
import Testing

@testable import NodeRuntime

/// What a node knows of shards that others have.
@Suite struct RoutesTests {
  private let shard = ShardID(2)

  private func routes(members: [UInt64], leader: UInt64? = nil) -> Routes {
    var routes = Routes()
    routes.update([
      Route(
        shard: shard, lane: 0, pool: [1], region: [2], members: members.map { NodeID($0) },
        leader: leader.map { NodeID($0) })
    ])
    return routes
  }

  /// The leader may have died, and members may have been replaced, without a word to this node.
  @Test func aNodeWithoutASeatAsksOneMemberAfterTheOther() {
    var routes = routes(members: [1, 3, 4], leader: 1)
    var asked: [UInt64] = []
    for _ in 0..<4 {
      routes.askAnother(for: shard)
      #expect(routes[shard]?.leader == nil)
      asked.append(routes[shard]!.guess!.rawValue)
    }
    #expect(asked == [3, 4, 1, 3])
    routes.learn(leader: NodeID(5), of: shard)
    #expect(routes[shard]?.leader == NodeID(5), "a hint may name one that was no member yet")
  }

  /// Lane 0 may speak of a shard after the shard's own lane did: it knows the founders only.
  @Test func theWordOfAShardsOwnLaneStands() {
    var routes = routes(members: [1, 3, 4], leader: 1)
    let founders = Route(
      shard: shard, lane: 0, pool: [1], region: [2], members: [NodeID(1), NodeID(2)],
      isFirstHand: false)
    routes.update([founders])
    #expect(routes[shard]?.members == [1, 3, 4].map { NodeID($0) })
    #expect(routes[shard]?.leader == NodeID(1))
    var fresh = Routes()
    fresh.update([founders])
    #expect(fresh[shard]?.members == founders.members)
  }

  @Test func aShardWithoutMembersIsAskedOfNobody() {
    var routes = routes(members: [])
    routes.askAnother(for: shard)
    #expect(routes[shard]?.guess == nil)
    routes.askAnother(for: ShardID(9))
    #expect(routes[ShardID(9)] == nil)
  }
}
