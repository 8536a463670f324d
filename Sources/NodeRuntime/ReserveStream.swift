// StreamReserve: decided per shard in the order sent, answered in the order sent (rule Q3).

import GRPCTransport
import NodeCore
import Primitives
import StockLedger
import WireFormat

final class ReserveStream: StreamingCall, PartReceiver {
  private enum Answer {
    case outcome([UInt8])
    case waiting
  }

  private let dispatcher: Dispatcher
  private let call: CallHandle
  private let caller: Caller
  /// Answers from `firstOpen` on that are not sent yet, in order.
  private var answers: [Answer] = []
  private var firstOpen = 1
  /// Requests for another node's shard wait for each other: two of them under way could be decided
  /// out of order if the first got lost.
  private var elsewhere: [(sequence: Int, message: [UInt8], route: Route)] = []
  private var isForwarding = false
  private var isBroken = false
  private var isHalfClosed = false
  private var isPaused = false

  /// Requests of one stream under way; more wait in the client's window.
  private static let openMax = 1_024

  init(_ dispatcher: Dispatcher, _ call: CallHandle, _ caller: Caller) {
    self.dispatcher = dispatcher
    self.call = call
    self.caller = caller
  }

  func message(_ bytes: UnsafeRawBufferPointer) {
    let sequence = firstOpen + answers.count
    answers.append(.waiting)
    do throws(RequestRefusal) {
      try unsafe take(bytes, sequence)
    } catch {
      refuse(sequence, error)
    }
    if answers.count >= Self.openMax, !isPaused {
      isPaused = true
      dispatcher.server.pause(call)
    }
    sendReady()
  }

  func halfClosed() {
    isHalfClosed = true
    sendReady()
  }

  func becameWritable() { sendReady() }

  private func take(_ bytes: UnsafeRawBufferPointer, _ sequence: Int) throws(RequestRefusal) {
    guard !isBroken else { throw RequestRefusal(.streamBroken) }
    let mark = dispatcher.outbox.mark
    let command = try unsafe dispatcher.decoder.streamed(
      bytes, minted: dispatcher.mint(), into: &dispatcher.outbox.writer)
    let route: Route
    do throws(RequestRefusal) { route = try dispatcher.route(of: command) } catch {
      dispatcher.outbox.rewind(to: mark)
      throw error
    }
    guard route.leader == dispatcher.node else {
      dispatcher.outbox.rewind(to: mark)
      guard let request = unsafe StreamForwarding.request(in: bytes) else {
        throw RequestRefusal(.malformedMessage)
      }
      elsewhere.append((sequence, request, route))
      return forwardNext()
    }
    if let refusal = dispatcher.diskRefusal(.streamReserve) {
      dispatcher.outbox.rewind(to: mark)
      throw refusal
    }
    let token = dispatcher.calls.insert(
      WaitingCall(
        part: sequence, of: self, method: .streamReserve, requestID: command.requestID))
    dispatcher.outbox.commit(from: mark, shard: route.shard, lane: route.lane, token: token)
  }

  private func forwardNext() {
    guard !isForwarding, !elsewhere.isEmpty else { return }
    let next = elsewhere.removeFirst()
    guard !isBroken else {
      refuse(next.sequence, RequestRefusal(.streamBroken))
      return forwardNext()
    }
    do throws(RequestRefusal) {
      isForwarding = true
      try dispatcher.forward(.reserve, next.message, caller, next.route) { [self] reply in
        isForwarding = false
        forwarded(next.sequence, reply)
        forwardNext()
        dispatcher.flush()
      }
    } catch {
      isForwarding = false
      refuse(next.sequence, error)
      forwardNext()
    }
  }

  private func forwarded(_ sequence: Int, _ reply: Result<[UInt8], GRPCStatus>) {
    var bytes: [UInt8] = []
    switch reply {
    case .success(let response):
      StreamForwarding.append(sequence: UInt64(sequence), response: response, to: &bytes)
    case .failure(let status):
      if status.code == .unavailable || status.code == .deadlineExceeded { isBroken = true }
      let details = status.details.isEmpty ? API.Status(status).encoded() : status.details
      StreamForwarding.append(sequence: UInt64(sequence), status: details, to: &bytes)
    }
    answer(sequence, bytes)
  }

  func part(_ number: Int, _ requestID: RequestID, _ outcome: OutcomeRecord, at point: AnswerPoint)
  {
    var bytes: [UInt8] = []
    ResponseEncoder.streamed(
      sequence: UInt64(number), outcome, requestID, at: point, into: &bytes)
    answer(number, bytes)
  }

  func part(_ number: Int, _ requestID: RequestID, refused: RequestRefusal) {
    refuse(number, refused)
    sendReady()
  }

  private func refuse(_ sequence: Int, _ refusal: RequestRefusal) {
    if refusal.code == .unavailable { isBroken = true }
    dispatcher.refusals.count(refusal.reason)
    // Nobody waits for it after the call was cancelled.
    guard sequence >= firstOpen, sequence - firstOpen < answers.count else { return }
    var bytes: [UInt8] = []
    ResponseEncoder.streamed(sequence: UInt64(sequence), refusal, into: &bytes)
    answers[sequence - firstOpen] = .outcome(bytes)
  }

  private func answer(_ sequence: Int, _ bytes: [UInt8]) {
    guard sequence >= firstOpen, sequence - firstOpen < answers.count else { return }
    answers[sequence - firstOpen] = .outcome(bytes)
    sendReady()
  }

  /// Sends what is next in order, as far as the client takes it.
  private func sendReady() {
    var sent = 0
    while sent < answers.count, case .outcome(let bytes) = answers[sent],
      dispatcher.server.isWritable(call)
    {
      unsafe bytes.withUnsafeBytes { unsafe _ = dispatcher.server.send(call, message: $0) }
      sent += 1
    }
    answers.removeFirst(sent)
    firstOpen += sent
    if isPaused, answers.count < Self.openMax / 2 {
      isPaused = false
      dispatcher.server.resume(call)
      // What had waited comes now, and not in a burst of the socket's: nothing else sends it on.
      dispatcher.submitCommands()
    }
    if isHalfClosed, answers.isEmpty { dispatcher.finish(call) }
  }

  func cancelled() {
    answers = []
    elsewhere = []
    isBroken = true
  }
}

extension API.Status {
  /// A status that came without details, for where only a message can carry it.
  init(_ status: GRPCStatus) {
    self.init()
    code = Int32(status.code.rawValue)
    message = status.message
  }
}
