import Primitives
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
