// Cuts a stream of DATA bytes into gRPC messages.

/// What a few more bytes led to.
enum AssemblyStep {
  case needsMore
  case message(compressed: Bool)
  case refused(GRPCStatus)
}

/// Collects length-prefixed messages. The length is judged before a byte of the message is kept.
struct MessageAssembler: ~Copyable {
  private var store = ByteStore()
  private var delivered = false
  private var wanted = -1

  var heldBytes: Int { store.count }
  /// No message is half received.
  var isAtBoundary: Bool { delivered || store.count == 0 }
  /// The message that the last step found; valid until the next step.
  var message: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: store.bytes[5...])
  }

  /// Takes bytes from the front of `chunk` until a message is complete.
  mutating func step(_ chunk: inout UnsafeRawBufferPointer, limit: Int) -> AssemblyStep {
    if delivered {
      store.clear(keeping: 64 << 10)
      delivered = false
      wanted = -1
    }
    if wanted < 0 {
      unsafe take(&chunk, upTo: 5)
      guard store.count == 5 else { return .needsMore }
      guard let length = unsafe messageLength(store.bytes, limit: limit) else {
        return unsafe .refused(prefixRefusal(unsafe store.bytes, limit: limit))
      }
      wanted = 5 + length
    }
    unsafe take(&chunk, upTo: wanted)
    guard store.count == wanted else { return .needsMore }
    delivered = true
    return .message(compressed: store[0] == 1)
  }

  private mutating func take(_ chunk: inout UnsafeRawBufferPointer, upTo total: Int) {
    let n = min(chunk.count, total - store.count)
    guard n > 0 else { return }
    unsafe store.append(UnsafeRawBufferPointer(rebasing: chunk[0..<n]))
    unsafe chunk = UnsafeRawBufferPointer(rebasing: chunk[n...])
  }
}

/// The length in a message prefix; nil when the prefix is not acceptable.
@inline(__always)
func messageLength(_ prefix: UnsafeRawBufferPointer, limit: Int) -> Int? {
  let length = Int(
    unsafe UInt32(bigEndian: prefix.loadUnaligned(fromByteOffset: 1, as: UInt32.self)))
  let flag = unsafe prefix[0]
  return flag <= 1 && length <= limit ? length : nil
}

/// The reason why a prefix was not acceptable.
func prefixRefusal(_ prefix: UnsafeRawBufferPointer, limit: Int) -> GRPCStatus {
  if unsafe prefix[0] > 1 { return GRPCStatus(.internalError, "message flag is neither 0 nor 1") }
  let length = unsafe UInt32(bigEndian: prefix.loadUnaligned(fromByteOffset: 1, as: UInt32.self))
  return GRPCStatus(
    .resourceExhausted, "message of \(length) bytes is larger than the limit of \(limit)")
}
