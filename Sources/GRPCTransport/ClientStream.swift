// Streaming calls of a channel.

import NIOCore

/// Takes what comes back on a streaming call; called on the channel's loop.
package protocol ClientStreamReceiver: AnyObject {
  func received(_ message: UnsafeRawBufferPointer)
  func ended(_ status: GRPCStatus, metadata: Metadata)
  /// `isWritable` was false and is true again.
  func becameWritable()
}

extension ClientStreamReceiver {
  package func becameWritable() {}
}

/// One streaming call of a channel; use it on the channel's loop.
package final class ClientStream {
  private let call: ClientCall
  private let core: ChannelCore

  init(call: ClientCall, core: ChannelCore) {
    self.call = call
    self.core = core
  }

  /// Queues one message; it goes out as the server's window allows.
  package func send(_ message: UnsafeRawBufferPointer) {
    guard !call.halfClosed, case .stream = call.sink else { return }
    unsafe call.outbound.appendMessage(message)
    if call.outbound.count >= ChannelCore.streamSendBytesHigh { call.wasUnwritable = true }
    wake()
  }

  package func send(_ message: [UInt8]) {
    unsafe message.withUnsafeBytes { unsafe send($0) }
  }

  /// No more messages will be sent.
  package func halfClose() {
    call.halfClosed = true
    wake()
  }

  /// Gives the call up; the receiver is told CANCELLED.
  package func cancel() {
    guard case .stream = call.sink else { return }
    let connection = call.connection
    let waited = connection == nil && call.ended == nil
    unsafe core.finish(call, GRPCStatus(.cancelled, "cancelled by the caller"))
    if let connection {
      connection.abandon(call)
      core.scheduleFlush()
    } else {
      core.letGo(call, waited: waited)
    }
  }

  /// False while too much waits to be sent.
  package var isWritable: Bool { call.outbound.count < ChannelCore.streamSendBytesHigh }

  /// Bytes of messages that nghttp2 has not taken yet.
  package var waitingBytes: Int { call.outbound.count }

  /// True while the call is on a connection. Before that and afterwards messages wait, or go nowhere.
  package var isConnected: Bool { call.connection != nil }

  /// Stops taking messages; the server is slowed down by the window.
  package func pause() { call.paused = true }
  package func resume() { core.resume(call) }

  private func wake() {
    guard let connection = call.connection else { return }
    connection.resumeData(call)
    core.scheduleFlush()
  }
}

extension ChannelCore {
  func streamingData(_ call: ClientCall, _ chunk: UnsafeRawBufferPointer) {
    if call.paused || call.parked.count > 0 { return unsafe call.parked.append(chunk) }
    unsafe deliver(call, chunk)
  }

  private func deliver(_ call: ClientCall, _ chunk: UnsafeRawBufferPointer) {
    var rest = unsafe chunk
    call.delivering = true
    defer { call.delivering = false }
    while rest.count > 0, case .stream(let receiver) = call.sink {
      if call.paused {
        unsafe call.parked.append(rest)
        break
      }
      if let refusal = unsafe take(call, receiver, &rest) {
        let connection = call.connection
        unsafe finish(call, refusal)
        connection?.abandon(call)
        return
      }
    }
    call.connection?.openWindow(call, chunk.count - rest.count)
  }

  private func take(
    _ call: ClientCall, _ receiver: any ClientStreamReceiver, _ rest: inout UnsafeRawBufferPointer
  ) -> GRPCStatus? {
    switch unsafe call.assembler.step(&rest, limit: settings.messageBytesMax) {
    case .needsMore: return nil
    case .refused(let status): return status
    case .message(let compressed):
      guard compressed else {
        unsafe receiver.received(call.assembler.message)
        return nil
      }
      do throws(GRPCStatus) {
        let plain = unsafe try Gzip.decompress(
          call.assembler.message, limit: settings.messageBytesMax)
        unsafe plain.withUnsafeBytes { unsafe receiver.received($0) }
        return nil
      } catch {
        return error
      }
    }
  }

  func resume(_ call: ClientCall) {
    guard call.paused else { return }
    call.paused = false
    if call.delivering { return }
    if call.parked.count > 0 {
      let parked = unsafe Array(call.parked.bytes)
      call.parked.clear()
      unsafe parked.withUnsafeBytes { unsafe deliver(call, $0) }
      scheduleFlush()
    }
    // The stream ended while its last messages were parked.
    if !call.paused, let status = call.ended {
      call.ended = nil
      unsafe finish(call, status)
      giveBack(call)
    }
  }
}
