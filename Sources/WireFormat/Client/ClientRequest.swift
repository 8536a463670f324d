// The requests as a client makes them: plain values that are written as protobuf.

/// A request that can be sent.
package protocol ClientRequest: Sendable {
  static var method: HoldfastMethod { get }
  /// The message's bytes.
  func encoded() -> [UInt8]
}

/// What makes a request act once: made before the first attempt, repeated on every retry.
package struct ClientStamp: Hashable, Sendable {
  package var requestID: String
  /// Milliseconds since 1970.
  package var firstSentAt: Int64

  package init(requestID: String, firstSentAt: Int64) {
    self.requestID = requestID
    self.firstSentAt = firstSentAt
  }
}

/// A page of a list.
package struct ClientPage: Hashable, Sendable {
  package var size: Int
  package var token: String

  package init(size: Int = 1_000, token: String = "") {
    self.size = size
    self.token = token
  }
}

/// A point in the log of one shard.
package struct ClientPosition: Hashable, Sendable {
  package var shard: UInt32
  package var index: UInt64

  package init(shard: UInt32 = 0, index: UInt64 = 0) {
    self.shard = shard
    self.index = index
  }
}

extension ProtoWriter {
  static func message(_ write: (inout ProtoWriter) -> Void) -> [UInt8] {
    var writer = ProtoWriter()
    write(&writer)
    return writer.bytes
  }

  mutating func put(_ field: UInt32, sentAt milliseconds: Int64) {
    if milliseconds > 0 { put(field, timestamp: milliseconds) }
  }

  mutating func put(_ field: UInt32, date: CivilDate?) {
    guard let day = date?.dayNumber else { return }
    put(field, day: day)
  }

  mutating func put(_ field: UInt32, stale: Bool) { put(field, UInt64(stale ? 2 : 0)) }

  mutating func put(_ field: UInt32, position: ClientPosition?) {
    guard let position else { return }
    let mark = begin(field)
    put(1, UInt64(position.shard))
    put(2, position.index)
    end(mark)
  }

  mutating func put(_ field: UInt32, each texts: [String]) {
    for text in texts {
      var text = text
      text.withUTF8 { unsafe always(field, UnsafeRawBufferPointer($0)) }
    }
  }
}
