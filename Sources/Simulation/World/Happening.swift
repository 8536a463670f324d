import NodeCore
import Primitives

/// What the event queue holds. `life` names a node's life: what was under way for an earlier one is
/// gone with it.
enum Happening {
  case tick(node: Int, life: Int)
  /// A node looks into its mailbox.
  case turn(node: Int, life: Int)
  /// A node goes on inside a turn that was interrupted.
  case goOn(node: Int, life: Int)
  case arrive(PeerEnvelope, from: Int, to: Int)
  case written(PersistWork, node: Int, life: Int)
  case saved(SnapshotWork, node: Int, life: Int)
  case loaded(LoadWork, node: Int, life: Int)
  case snapshotRead(SnapshotReadWork, node: Int, life: Int)
  case start(node: Int)
  /// A client's own time: it begins a call, or gives one up.
  case wake(caller: Int, serial: UInt64)
  case ask(Ask, node: Int)
  case answer(Answer, caller: Int, token: UInt64)
  case fault(Int)
  case endOfFault(Int)
  case phase(Phase)
  /// A node hears nobody from now on, and, unless `oneWay`, nobody hears it.
  case isolate(node: Int, oneWay: Bool)
}

/// What a node's mailbox holds.
enum Input {
  case tick
  /// `arrived`: what the receiver's clocks said when it came into the mailbox.
  case envelope(PeerEnvelope, from: Int, arrived: ClockReading)
  case persisted(PersistTicket)
  case saved(SnapshotWork)
  case loaded(LoadWork)
  case snapshotRead(SnapshotReadWork)
  case ask(Ask)
  /// An operator's command.
  case transfer(ShardID, to: Int)
  case change(ShardID, [MemberStep])
}

/// A client's question on its way to a node.
enum Ask {
  case submit(SubmitBatch)
  case read(ReadRequest, sku: Int)

  var token: UInt64 {
    switch self {
    case .submit(let batch): batch.tokens[0]
    case .read(let request, _): request.token
    }
  }
}

/// A node's answer on its way to a client.
enum Answer {
  case outcome([UInt8], shard: ShardID, index: LogIndex)
  case refused(RefusalReason)
  case read(ReadValue)
}

/// What a read saw.
struct ReadValue {
  var instant: ReadInstant
  var onHand: Int64
  var promised: Int64
}

enum Phase: Int {
  /// No faults: the cluster elects, and the catalog is written.
  case setup
  /// Clients and faults; nothing may be wrong.
  case safety
  /// A majority is healed and must get on, while the rest stays broken.
  case liveness
  case done
}
