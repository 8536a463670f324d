import NodeCore
import Primitives
import Testing

@testable import NodeRuntime

/// What a node knows of shards that others have.
@Suite struct RoutesTests {
  private let shard = ShardID(2)

  private func routes(
    members: [UInt64], leader: UInt64? = nil, others: [UInt64] = []
  ) -> Routes {
    var routes = Routes(others: others.map { NodeID($0) })
    routes.update([
      Route(
        shard: shard, lane: 0, pool: [1], region: [2], members: members.map { NodeID($0) },
        leader: leader.map { NodeID($0) })
    ])
    return routes
  }

  private func asks(_ routes: Routes) -> UInt64? {
    routes[shard].flatMap { $0.leader ?? routes.guess($0) }?.rawValue
  }

  /// The leader may have died, and members may have been replaced, without a word to this node.
  @Test func aNodeWithoutASeatAsksOneMemberAfterTheOther() {
    var routes = routes(members: [1, 3, 4], leader: 1)
    var asked: [UInt64] = []
    for _ in 0..<4 {
      routes.askAnother(for: shard)
      #expect(routes[shard]?.leader == nil)
      asked.append(asks(routes)!)
    }
    #expect(asked == [3, 4, 1, 3])
    routes.learn(leader: NodeID(5), of: shard)
    #expect(routes[shard]?.leader == NodeID(5), "a hint may name one that was no member yet")
  }

  /// All members that it knows of may have been replaced.
  @Test func aNodeWithoutASeatThenAsksEverybodyElse() {
    var routes = routes(members: [1, 3], others: [1, 3, 4, 5])
    var asked: [UInt64] = []
    for _ in 0..<5 {
      asked.append(asks(routes)!)
      routes.askAnother(for: shard)
    }
    #expect(asked == [1, 3, 4, 5, 1])
  }

  /// Nodes 1 and 3 lost their seats long ago, and each takes the other one for the leader.
  @Test func hintsThatLeadInACircleAreLeft() {
    var routes = routes(members: [1, 3], others: [1, 3, 4])
    var asked: [UInt64] = []
    while asked.last != 4, asked.count < 20 {
      asked.append(asks(routes)!)
      routes.learn(leader: NodeID(asked.last == 1 ? 3 : 1), of: shard)
    }
    #expect(asked == [1, 3, 1, 3, 3, 1, 3, 1, 4])
    routes.learn(leader: NodeID(5), of: shard)
    for leader in [4, 5, 4, 5, 4] as [UInt64] {
      #expect(asks(routes) != leader)
      routes.settle(shard, on: NodeID(asks(routes)!))
      routes.learn(leader: NodeID(leader), of: shard)
      #expect(asks(routes) == leader, "hints that lead somewhere do not count")
    }
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
    #expect(asks(routes) == nil)
    routes.askAnother(for: ShardID(9))
    #expect(routes[ShardID(9)] == nil)
  }
}
