import Primitives
import RaftConsensus
import StockLedger
import Testing

@testable import NodeCore

@Suite struct DescriptorTests {
  private let web = GroupDescriptor(
    shard: ShardID(9), pool: Array("web".utf8), region: Array("eu".utf8),
    founders: Founders(
      voters: [NodeID(1), NodeID(5)], learners: [NodeID(7)], preferred: [NodeID(5)]))

  @Test func aDescriptorComesBackAsItWas() {
    #expect(GroupDescriptor(decoding: web.encoded()) == web)
  }

  /// A group with more voters than a configuration takes would trap where it is opened.
  @Test func foundersThatNoGroupCanBeginWithAreRefused() {
    func isTaken(_ change: (inout Founders) -> Void) -> Bool {
      var descriptor = web
      change(&descriptor.founders)
      return GroupDescriptor(decoding: descriptor.encoded()) == descriptor
    }
    let many = (1...16).map { NodeID($0) }
    #expect(isTaken { $0 = Founders(voters: Array(many.prefix(15))) })
    #expect(!isTaken { $0 = Founders(voters: many) })
    #expect(!isTaken { $0 = Founders() })
    #expect(!isTaken { $0.voters = [NodeID(5), NodeID(1)] })
    #expect(!isTaken { $0.voters = [.none, NodeID(5)] })
    #expect(!isTaken { $0.learners = [NodeID(7), NodeID(7)] })
    #expect(!isTaken { $0.preferred = [NodeID(7)] })
    #expect(Founders.votersMax == Configuration.votersMax)
    #expect(Founders.learnersMax == Configuration.learnersMax)
  }

  @Test func bytesThatAreNoDescriptorAreRefused() {
    let bytes = web.encoded()
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
