internal import CHoldfastProto
internal import CProtobufC

/// Memory for one unpacked message at a time: a bump pointer in one block of fixed size, so that
/// no message costs more than the block, and giving it back costs nothing. Pages that were never
/// touched take no memory.
@safe
final class MessageArena {
  @safe
  private struct State {
    var used = 0
    var isExhausted = false
    let capacity: Int
    let base: UnsafeMutableRawPointer
  }

  private let state: UnsafeMutablePointer<State>
  private let allocator: UnsafeMutablePointer<ProtobufCAllocator>

  init(capacity: Int) {
    let base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    unsafe state = .allocate(capacity: 1)
    unsafe state.initialize(to: State(capacity: capacity, base: base))
    unsafe allocator = .allocate(capacity: 1)
    unsafe allocator.initialize(
      to: ProtobufCAllocator(
        alloc: { data, size in
          // The data is this arena's state, which outlives every unpacking.
          let state = unsafe data!.assumingMemoryBound(to: State.self)
          let start = unsafe state.pointee.used
          guard size <= (unsafe state.pointee.capacity) - start else {
            unsafe state.pointee.isExhausted = true
            return nil
          }
          let end = (start + size + 15) & ~15
          unsafe state.pointee.used = unsafe min(end, state.pointee.capacity)
          return unsafe state.pointee.base + start
        },
        free: { _, _ in },
        allocator_data: UnsafeMutableRawPointer(state)))
  }

  deinit {
    unsafe state.pointee.base.deallocate()
    unsafe state.deallocate()
    unsafe allocator.deallocate()
  }

  /// Whether the last unpacking failed because the message is too large for the arena.
  var isExhausted: Bool { unsafe state.pointee.isExhausted }

  /// Unpacks `bytes`, replacing the message before; nil when they are malformed or too large.
  func unpack<Message>(
    _ bytes: UnsafeRawBufferPointer, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    as type: Message.Type = Message.self
  ) -> UnsafeMutablePointer<Message>? {
    unsafe state.pointee.used = 0
    unsafe state.pointee.isExhausted = false
    let data = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    guard
      let message = unsafe protobuf_c_message_unpack(descriptor, allocator, bytes.count, data)
    else { return nil }
    return unsafe UnsafeMutableRawPointer(message).assumingMemoryBound(to: Message.self)
  }
}

/// The descriptor of a message of ours.
func descriptor(of name: String) -> UnsafePointer<ProtobufCMessageDescriptor> {
  guard let found = unsafe hf_message_descriptor(name) else {
    preconditionFailure("no message \(name)")
  }
  return unsafe found
}
