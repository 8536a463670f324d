// The loop-bound half of a channel: its calls, and which connection they go to.

import NIOCore

/// Everything of a `GRPCChannel` that lives on its loop.
final class ChannelCore {
  /// Unsent bytes of one streaming request above which it is not writable.
  static let streamSendBytesHigh = 256 << 10

  enum State {
    case idle
    case connecting(ConnectAttempt)
    case ready(ClientConnection)
    case backoff
    case closed
  }

  let eventLoop: any EventLoop
  let host: String
  let port: Int
  let tls: ClientTLS?
  let settings: ChannelSettings
  let requestHeaders: RequestHeaders
  var now = NIODeadline.now()
  var state = State.idle
  /// Connections that got a GOAWAY and finish their last calls.
  var leaving: [ClientConnection] = []
  var failures = 0
  var readySince = NIODeadline.uptimeNanoseconds(0)
  var lastFailure = "not connected yet"
  var waiting: [ClientCall] = []
  private var deadWaiting = 0
  var random: UInt64
  private(set) var callsInFlight = 0
  private var calls: [ClientCall] = []
  private var free: [Int] = []
  private var wheel = TimerWheel()
  private var wheelTurning = false
  private var flushScheduled = false

  init(host: String, port: Int, tls: ClientTLS?, settings: ChannelSettings, loop: any EventLoop) {
    self.host = host
    self.port = port
    self.tls = tls
    self.settings = settings
    eventLoop = loop
    let name = tls?.serverName ?? host
    let authority = name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)"
    requestHeaders = RequestHeaders(
      scheme: tls == nil ? "http" : "https", authority: authority, userAgent: settings.userAgent)
    random = UInt64.random(in: 1...UInt64.max)
  }

  // MARK: Calls

  func unary(
    _ path: MethodPath, _ message: UnsafeRawBufferPointer, _ options: CallOptions,
    _ completion: @escaping (UnaryReply) -> Void
  ) {
    let call = take(path, options)
    call.sink = .unary(completion)
    if let floor = settings.compressRequestsFrom, message.count >= floor {
      let packed = unsafe Gzip.compress(message)
      call.request.appendPrefix(length: packed.count, compressed: true)
      unsafe packed.withUnsafeBytes { unsafe call.request.append($0) }
      call.options.metadata.add("grpc-encoding", "gzip")
    } else {
      call.request.appendPrefix(length: message.count, compressed: false)
      unsafe call.request.append(message)
    }
    begin(call)
  }

  func stream(
    _ path: MethodPath, _ options: CallOptions, _ receiver: any ClientStreamReceiver
  ) -> ClientStream {
    // A stream's handle may outlive its stream, so its state is never used again.
    // Its number is one that is free, so that a stream that is opened for ever costs nothing.
    let call = ClientCall(index: free.popLast() ?? calls.count)
    if call.index < calls.count { calls[call.index] = call } else { calls.append(call) }
    call.path = path
    call.options = options
    call.isStreaming = true
    call.sink = .stream(receiver)
    callsInFlight += 1
    begin(call)
    return ClientStream(call: call, core: self)
  }

  private func take(_ path: MethodPath, _ options: CallOptions) -> ClientCall {
    let call: ClientCall
    if let index = free.popLast() {
      call = calls[index]
    } else {
      call = ClientCall(index: calls.count)
      calls.append(call)
    }
    call.path = path
    call.options = options
    callsInFlight += 1
    return call
  }

  private func begin(_ call: ClientCall) {
    if let deadline = call.options.deadline {
      now = .now()
      if deadline <= now {
        return finishLater(call, GRPCStatus(.deadlineExceeded, "deadline passed before the call"))
      }
      startTimer(call, deadline)
    }
    if callsInFlight > settings.waitingCallsMax {
      return finishLater(
        call,
        GRPCStatus(.resourceExhausted, "\(settings.waitingCallsMax) calls are in flight already"))
    }
    enqueue(call)
  }

  /// To the connection if there is one, else to those who wait for it.
  func enqueue(_ call: ClientCall) {
    switch state {
    case .ready(let connection):
      connection.submit(call)
      scheduleFlush()
    case .idle:
      waiting.append(call)
      connect()
    case .connecting: waiting.append(call)
    case .backoff:
      if call.options.waitForReady { return waiting.append(call) }
      finishLater(call, GRPCStatus(.unavailable, lastFailure))
    case .closed: finishLater(call, GRPCStatus(.unavailable, "channel is closed"))
    }
  }

  /// Ends a call that never came to a connection; not inside the function that made it.
  private func finishLater(_ call: ClientCall, _ status: GRPCStatus) {
    eventLoop.assumeIsolated().execute {
      unsafe self.finish(call, status, neverProcessed: true)
      self.giveBack(call)
    }
  }

  /// Tells the caller how the call ended; exactly once.
  func finish(
    _ call: ClientCall, _ status: GRPCStatus,
    message: UnsafeRawBufferPointer = unsafe UnsafeRawBufferPointer(start: nil, count: 0),
    neverProcessed: Bool = false
  ) {
    let sink = call.sink
    if case .none = sink { return }
    call.sink = .none
    call.ended = nil
    callsInFlight -= 1
    if call.options.deadline != nil { wheel.remove(call.index) }
    let metadata = call.metadata.isEmpty ? Metadata() : call.metadata.decoded()
    switch sink {
    case .unary(let completion):
      unsafe completion(
        UnaryReply(
          status: status, message: message, metadata: metadata, neverProcessed: neverProcessed))
    case .stream(let receiver): receiver.ended(status, metadata: metadata)
    case .none: break
    }
  }

  /// The stream is closed and the caller was told: the call's memory serves the next one.
  func giveBack(_ call: ClientCall) {
    if call.isStreaming {
      call.connection = nil
      // Its number is used again by another call object.
      calls[call.index] = ClientCall(index: call.index)
    } else {
      call.reset()
    }
    free.append(call.index)
  }

  /// A call lost its stream. What certainly did not reach the method is tried once more.
  func lost(_ call: ClientCall, neverSent: Bool, reason: String) {
    guard hasSink(call) else { return giveBack(call) }
    if neverSent, !call.isStreaming, call.attempts == 0 {
      call.attempts += 1
      call.resetAnswer()
      return enqueue(call)
    }
    unsafe finish(call, call.status ?? GRPCStatus(.unavailable, reason), neverProcessed: neverSent)
    giveBack(call)
  }

  private func hasSink(_ call: ClientCall) -> Bool {
    if case .none = call.sink { false } else { true }
  }

  // MARK: Time

  private func startTimer(_ call: ClientCall, _ deadline: NIODeadline) {
    wheel.insert(call.index, due: deadline, now: now)
    if wheelTurning { return }
    wheelTurning = true
    scheduleTick()
  }

  private func scheduleTick() {
    eventLoop.assumeIsolated().scheduleTask(in: TimerWheel.tick) { self.tick() }
  }

  private func tick() {
    now = .now()
    for index in wheel.expire(now: now) { expire(calls[index]) }
    flush()
    wheelTurning = wheel.count > 0
    if wheelTurning { scheduleTick() }
  }

  private func expire(_ call: ClientCall) {
    guard hasSink(call) else { return }
    let connection = call.connection
    let waited = connection == nil && call.ended == nil
    unsafe finish(
      call, GRPCStatus(.deadlineExceeded, waited ? "deadline passed: \(lastFailure)" : ""),
      neverProcessed: waited)
    if let connection {
      connection.abandon(call)
    } else {
      letGo(call, waited: waited)
    }
  }

  /// A call that was told its end has no stream. One that waits stays in the queue until that is
  /// looked through; the queue is thinned out before half of it is dead.
  func letGo(_ call: ClientCall, waited: Bool) {
    guard waited else { return giveBack(call) }
    deadWaiting += 1
    if deadWaiting * 2 > waiting.count { _ = takeWaiting { _ in false } }
  }

  /// Takes those out of the queue that `choose` wants, and the dead.
  func takeWaiting(_ choose: (ClientCall) -> Bool) -> [ClientCall] {
    var kept: [ClientCall] = []
    var taken: [ClientCall] = []
    for call in waiting {
      if !hasSink(call) {
        giveBack(call)
      } else if choose(call) {
        taken.append(call)
      } else {
        kept.append(call)
      }
    }
    waiting = kept
    deadWaiting = 0
    return taken
  }

  // MARK: Flush

  func scheduleFlush() {
    if flushScheduled { return }
    flushScheduled = true
    eventLoop.assumeIsolated().execute {
      self.flushScheduled = false
      self.flush()
    }
  }

  func flush() {
    if case .ready(let connection) = state { connection.transport?.pump() }
    for connection in leaving { connection.transport?.pump() }
  }
}
