// What a dispatcher answers through: the part of the server that lives on one event loop.

package import NIOCore

/// One event loop's share of a server. Use it on that loop only. Answers are collected until
/// `flush()`, which writes once per connection.
package final class ServerLoop {
  package let eventLoop: any EventLoop
  /// Its place in the server; also part of each handle that it gives out.
  package let index: Int

  let settings: ServerSettings
  let methods: MethodTable
  let memory = SessionMemory()
  /// The time of the burst or tick that is being worked on.
  var now: NIODeadline
  var dirty: [ServerConnection] = []
  private(set) var connections: [ServerConnection] = []
  private var slots: SlotPool
  private var wheel = TimerWheel()
  private var wheelTurning = false
  private var heldBytes = 0
  /// Before the start and after the end nobody is asked.
  private var dispatcher: any CallDispatcher = NoDispatcher()
  private var builtIn: any CallDispatcher = NoDispatcher()
  private var stopped = false

  init(eventLoop: any EventLoop, index: Int, settings: ServerSettings, methods: MethodTable) {
    self.eventLoop = eventLoop
    self.index = index
    self.settings = settings
    self.methods = methods
    slots = SlotPool(limit: settings.callsPerLoopMax)
    now = .now()
  }

  /// Starts the loop's work: who takes the calls, and the periodic look at the connections.
  func start(dispatcher: any CallDispatcher, builtIn: BuiltInServices) {
    self.dispatcher = dispatcher
    self.builtIn = builtIn
    scheduleInspection()
  }

  /// Ends the periodic work and lets go of the dispatcher; no connection is left.
  func stop() {
    stopped = true
    dispatcher = NoDispatcher()
    builtIn = NoDispatcher()
  }

  // MARK: Answers

  /// Answers with one message and status OK. The bytes are copied before this returns.
  package func respond(_ call: CallHandle, message: UnsafeRawBufferPointer) {
    slots.live(call)?.with { slot in unsafe slot.connection?.respond(slot, message) }
  }

  /// Answers with a part of an array.
  package func respond(_ call: CallHandle, message: [UInt8], range: Range<Int>) {
    unsafe message.withUnsafeBytes {
      unsafe respond(call, message: UnsafeRawBufferPointer(rebasing: $0[range]))
    }
  }

  /// Ends a call with a status and without a (further) message.
  package func fail(_ call: CallHandle, status: GRPCStatus) {
    slots.live(call)?.with { slot in slot.connection?.fail(slot, status) }
  }

  /// Sends one message of a streaming answer; false when the call is over.
  @discardableResult
  package func send(_ call: CallHandle, message: UnsafeRawBufferPointer) -> Bool {
    slots.live(call)?.with { slot in
      guard let connection = slot.connection, let streaming = slot.streaming else { return false }
      unsafe connection.enqueue(slot, streaming, message)
      return true
    } ?? false
  }

  /// Ends a streaming answer after all that was sent.
  package func finish(_ call: CallHandle, status: GRPCStatus = .ok) {
    fail(call, status: status)
  }

  /// False while too much of this stream waits to be sent; `streamWritable` tells when it is not.
  package func isWritable(_ call: CallHandle) -> Bool {
    guard let streaming = slots.live(call)?.with({ $0.streaming }) else { return false }
    return streaming.outbound.count < settings.streamSendBytesHigh
  }

  /// Stops taking messages of a streaming call; the client is slowed down by its window.
  package func pause(_ call: CallHandle) {
    slots.live(call)?.with { slot in slot.connection?.pause(slot) }
  }

  package func resume(_ call: CallHandle) {
    slots.live(call)?.with { slot in slot.connection?.resume(slot) }
  }

  /// Writes all answers since the last flush, one write per connection.
  package func flush() {
    while let connection = dirty.popLast() {
      connection.isDirty = false
      // A connection in the middle of a burst writes at its end.
      if !connection.isReceiving, !connection.isSending { connection.transport?.pump() }
    }
  }

  /// Calls in flight, unanswered or not yet sent.
  package var openCalls: Int { slots.used }

  /// What an open call came with; nil when it is over. Valid until the caller returns.
  package func context(_ call: CallHandle) -> CallContext? {
    guard let slot = slots.live(call), let peer = slot.with({ $0.connection?.peer }) else {
      return nil
    }
    return CallContext(slot: slot, peer: peer)
  }

  // MARK: Calls

  func takeSlot() -> SlotRef? { slots.take() }
  func slot(_ index: Int) -> CallSlot { slots[index] }

  func giveBack(_ slot: CallSlot) {
    heldBytes -= slot.chargedBytes
    if slot.deadline != nil { stopTimer(slot) }
    slots.giveBack(slot)
  }

  @inline(__always)
  func handle(_ slot: CallSlot) -> CallHandle {
    CallHandle(
      loop: UInt8(truncatingIfNeeded: index), slot: slot.index, generation: slot.generation)
  }

  /// The transport's own services have negative numbers.
  @inline(__always)
  func dispatcher(of method: Int) -> any CallDispatcher {
    if method >= 0 { dispatcher } else { builtIn }
  }

  func finishBuiltInStreams() { (builtIn as? BuiltInServices)?.finishStreams() }

  func cancelled(_ call: CallHandle, method: Int, reason: CancelReason) {
    dispatcher(of: method).cancelled(call, method: method, reason: reason)
  }

  func charge(_ slot: CallSlot) {
    let held = slot.heldBytes
    heldBytes += held - slot.chargedBytes
    slot.chargedBytes = held
  }

  var isOverBudget: Bool { heldBytes > settings.heldBytesMax }

  /// A status whose trailers fit into what a client accepts.
  func bounded(_ status: GRPCStatus) -> GRPCStatus {
    var status = status
    let limit = settings.metadataBytesMax - 512
    if status.details.count * 4 / 3 > limit / 2 { status.details = [] }
    if status.message.utf8.count * 3 > limit / 2 {
      status.message = String(status.message.prefix(limit / 12))
    }
    return status
  }

  // MARK: Connections

  func burstBegan() { now = .now() }
  func burstEnded() { dispatcher.burstEnded() }

  func add(_ connection: ServerConnection) {
    connection.positionInLoop = connections.count
    connections.append(connection)
  }

  func remove(_ connection: ServerConnection) {
    let position = connection.positionInLoop
    guard position >= 0 else { return }
    connection.positionInLoop = -1
    let last = connections.removeLast()
    if last !== connection {
      connections[position] = last
      last.positionInLoop = position
    }
  }

  // MARK: Time

  func startTimer(_ slot: CallSlot, _ deadline: NIODeadline) {
    wheel.insert(slot.index, due: deadline, now: now)
    if wheelTurning { return }
    wheelTurning = true
    scheduleTick()
  }

  func stopTimer(_ slot: CallSlot) { wheel.remove(slot.index) }

  private func scheduleTick() {
    eventLoop.assumeIsolated().scheduleTask(in: TimerWheel.tick) { self.tick() }
  }

  /// One turn of the wheel; it rests while no call has a deadline.
  private func tick() {
    now = .now()
    expireCalls(now: now)
    flush()
    wheelTurning = wheel.count > 0
    if wheelTurning { scheduleTick() }
  }

  func expireCalls(now: NIODeadline) {
    for index in wheel.expire(now: now) {
      let slot = slots[index]
      guard let connection = slot.connection, slot.phase != .answered else { continue }
      let call = handle(slot)
      let owed = slot.phase == .dispatched
      connection.fail(slot, GRPCStatus(.deadlineExceeded, "deadline passed on the server"))
      if owed { cancelled(call, method: slot.method, reason: .deadline) }
    }
  }

  private func scheduleInspection() {
    eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) {
      if self.stopped { return }
      self.inspect()
      self.scheduleInspection()
    }
  }

  /// The periodic look at every connection.
  func inspect() {
    now = .now()
    for connection in connections { connection.inspect(now: now) }
    flush()
  }
}
