import Primitives

/// Commands of one shard that wait for a turn: records back to back, and a token for each.
struct CommandQueue: Sendable {
  private var commands: [UInt8] = []
  private var tokens: [UInt64] = []
  private var bytesTaken = 0
  private var tokensTaken = 0

  var count: Int { tokens.count - tokensTaken }
  var byteCount: Int { commands.count - bytesTaken }
  var isEmpty: Bool { count == 0 }

  mutating func append(_ batch: consuming SubmitBatch) {
    if tokens.isEmpty {
      commands = batch.commands
      tokens = batch.tokens
    } else {
      commands.append(contentsOf: batch.commands)
      tokens.append(contentsOf: batch.tokens)
    }
  }

  mutating func append(record: UnsafeRawBufferPointer, token: UInt64) {
    unsafe commands.append(contentsOf: record)
    tokens.append(token)
  }

  /// What becomes one entry: all that waits, or as many records as fit into `maxBytes`, at least
  /// one.
  mutating func take(maxBytes: Int) -> (payload: [UInt8], tokens: [UInt64])? {
    guard !isEmpty else { return nil }
    if bytesTaken == 0 && commands.count <= maxBytes {
      defer { clear() }
      return (commands, tokens)
    }
    var end = bytesTaken
    var records = 0
    while tokensTaken + records < tokens.count {
      let next = unsafe commands.withUnsafeBytes { unsafe RecordWalk.end(of: end, in: $0) }
      if records > 0 && next - bytesTaken > maxBytes { break }
      end = next
      records += 1
    }
    let taken = (
      Array(commands[bytesTaken..<end]), Array(tokens[tokensTaken..<tokensTaken + records])
    )
    bytesTaken = end
    tokensTaken += records
    if isEmpty { clear() }
    return taken
  }

  /// Undoes a `take`: the records come before all others again.
  mutating func putBack(payload: [UInt8], tokens taken: [UInt64]) {
    commands = payload + commands[bytesTaken...]
    tokens = taken + tokens[tokensTaken...]
    bytesTaken = 0
    tokensTaken = 0
  }

  /// Everybody who waits, when nothing can be proposed.
  mutating func takeTokens() -> [UInt64] {
    defer { clear() }
    return Array(tokens[tokensTaken...])
  }

  private mutating func clear() {
    commands = []
    tokens = []
    bytesTaken = 0
    tokensTaken = 0
  }
}

/// Where command records begin and end, without looking into them.
enum RecordWalk {
  /// The offset behind the record that begins at `start`.
  static func end(of start: Int, in bytes: UnsafeRawBufferPointer) -> Int {
    precondition(start + 5 <= bytes.count, "no record at \(start) of \(bytes.count)")
    let length = unsafe bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self).littleEndian
    let end = start + 4 + Int(length)
    precondition(end <= bytes.count, "record at \(start) ends at \(end) of \(bytes.count)")
    return end
  }

  /// The kind of the record that begins at `start`.
  static func kind(of start: Int, in bytes: UnsafeRawBufferPointer) -> UInt8 {
    unsafe bytes[start + 4]
  }
}
