import Primitives
import RaftConsensus
import Testing

@testable import NodeCore

private func settings(_ tweak: (inout NodeSettings) -> Void = { _ in }) -> NodeSettings {
  var settings = NodeSettings(
    node: NodeID(1),
    nodes: [NodeSeat(id: NodeID(1), region: [1], zone: [1], address: [1])],
    raft: RaftSettings(), seed: 1)
  tweak(&settings)
  return settings
}

private func batch(_ records: [[UInt8]], firstToken: UInt64, whole: Bool = false) -> SubmitBatch {
  SubmitBatch(
    shard: ShardID(2), commands: records.flatMap { $0 },
    tokens: (0..<UInt64(records.count)).map { firstToken + $0 }, isIndivisible: whole)
}

private func confirm(_ number: UInt64) -> [UInt8] {
  Commands.confirm(id: "c\(number)", number: number)
}

private func reserve(_ number: Int) -> [UInt8] {
  Commands.reserve(id: "r\(number)", order: "o", sku: "s", quantity: 1)
}

@Suite struct IntakeTests {
  @Test func ruleQ5_aFullMailboxTakesWhatFitsAndRefusesTheRest() {
    var intake = Intake(settings { $0.mailboxCommandsMax = 10 })
    var queue = CommandQueue()
    #expect(intake.admit(batch((0..<8).map(reserve), firstToken: 0), into: &queue).isEmpty)
    let refused = intake.admit(batch((8..<13).map(reserve), firstToken: 8), into: &queue)
    #expect(refused == [10, 11, 12])
    #expect(queue.count == 10 && intake.commands == 10)
    #expect(queue.take(maxBytes: 1 << 20)?.tokens == Array(0..<10))
  }

  @Test func ruleQ5_theContractsMailboxHolds8192() {
    var intake = Intake(settings())
    var queue = CommandQueue()
    let records = (0..<8_193).map(reserve)
    #expect(intake.admit(batch(records, firstToken: 0), into: &queue) == [8_192])
  }

  @Test func overloadLeavesRoomToSettleHolds() {
    var intake = Intake(
      settings {
        $0.mailboxCommandsMax = 2
        $0.mailboxReservedCommands = 1
      })
    var queue = CommandQueue()
    let records = [reserve(0), reserve(1), reserve(2), confirm(3), confirm(4)]
    #expect(intake.admit(batch(records, firstToken: 0), into: &queue) == [2, 4])
  }

  @Test func trap28_bytesAreBoundedToo() {
    let size = reserve(0).count
    var intake = Intake(settings { $0.mailboxBytesMax = size * 2 + 1 })
    var queue = CommandQueue()
    #expect(intake.admit(batch((0..<3).map(reserve), firstToken: 0), into: &queue) == [2])
  }

  @Test func aCallersOwnBatchIsTakenOrRefusedWhole() {
    var intake = Intake(settings { $0.mailboxCommandsMax = 3 })
    var queue = CommandQueue()
    let five = batch((0..<5).map(reserve), firstToken: 0, whole: true)
    #expect(intake.admit(five, into: &queue).isEmpty)
    #expect(intake.admit(five, into: &queue).count == 5)
    #expect(queue.count == 5)
  }

  @Test func aBatchAboveTheEntrySizeBecomesSeveralEntriesInOrder() {
    var queue = CommandQueue()
    queue.append(batch((0..<10).map { _ in reserve(1) }, firstToken: 0))
    let size = reserve(1).count
    var tokens: [[UInt64]] = []
    while let (payload, taken) = queue.take(maxBytes: size * 4) {
      #expect(payload.count == taken.count * size)
      tokens.append(taken)
    }
    #expect(tokens == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]])
    #expect(queue.isEmpty && queue.byteCount == 0)
  }

  @Test func aRecordAboveTheEntrySizeGoesAlone() {
    var queue = CommandQueue()
    queue.append(batch([reserve(1), confirm(2)], firstToken: 7))
    #expect(queue.take(maxBytes: 1)?.tokens == [7])
    #expect(queue.take(maxBytes: 1)?.tokens == [8])
    #expect(queue.take(maxBytes: 1) == nil)
  }

  @Test func whatCouldNotBeProposedComesFirstAgain() {
    var queue = CommandQueue()
    queue.append(batch([reserve(1), reserve(2), reserve(3)], firstToken: 0))
    let (payload, tokens) = queue.take(maxBytes: reserve(1).count)!
    queue.putBack(payload: payload, tokens: tokens)
    queue.append(batch([reserve(4)], firstToken: 3))
    let all = queue.take(maxBytes: 1 << 20)!
    #expect(all.tokens == [0, 1, 2, 3])
    #expect(all.payload == [1, 2, 3, 4].flatMap(reserve))
  }
}
