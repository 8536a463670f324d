// Who waits for the outcome of a command.

import GRPCTransport
import StockLedger
import WireFormat

/// Takes the outcomes of commands that belong together: a batch, a stream, a count over shards.
protocol PartReceiver: AnyObject {
  /// `outcome` reads from memory that is valid during the call only.
  func part(_ number: Int, _ requestID: RequestID, _ outcome: OutcomeRecord, at point: AnswerPoint)
  func part(_ number: Int, _ requestID: RequestID, refused: RequestRefusal)
}

/// Who asked, and how the answer is to be written.
struct WaitingCall {
  var call: CallHandle
  var method: HoldfastMethod
  var requestID: RequestID
  /// Set for a part of something bigger; then `call` is not answered directly.
  var receiver: (any PartReceiver)?
  var part: Int

  init(call: CallHandle, method: HoldfastMethod, requestID: RequestID) {
    self.call = call
    self.method = method
    self.requestID = requestID
    receiver = nil
    part = 0
  }

  init(part: Int, of receiver: any PartReceiver, method: HoldfastMethod, requestID: RequestID) {
    call = CallHandle(token: 0)
    self.method = method
    self.requestID = requestID
    self.receiver = receiver
    self.part = part
  }
}

/// The waiting calls of one loop, whose number is their tokens' prefix.
typealias CallTable = WaitingTable<WaitingCall>

extension CallTable {
  init(loop: Int) {
    precondition(loop < PendingReads.prefix, "loop \(loop) does not fit into a token")
    self.init(prefix: loop)
  }

  static func loop(of token: UInt64) -> Int { Int(token >> 56) }
}
