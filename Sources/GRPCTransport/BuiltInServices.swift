// The services that the transport answers itself: health and reflection.

import NIOCore

final class BuiltInServices: CallDispatcher {
  static func entries(reflection: Bool) -> [MethodTable.Entry] { [] }
  init(loop: ServerLoop, health: HealthService, files: [UInt8]) {}
  func unary(
    _ call: CallHandle, method: Int, message: UnsafeRawBufferPointer, context: CallContext
  ) {}
  func cancelled(_ call: CallHandle, method: Int, reason: CancelReason) {}
}
