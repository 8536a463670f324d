// Which methods a server has: paths to small integers.

/// The four kinds of call.
@usableFromInline
package enum CallKind: UInt8, Sendable {
  case unary
  case clientStream
  case serverStream
  case bidi

  /// Whether the client sends exactly one message.
  var takesOneMessage: Bool { self == .unary || self == .serverStream }
}

/// One method as its owner declares it.
package struct MethodDescription: Sendable {
  /// `/package.Service/Method`
  package var path: String
  /// The number that the dispatcher gets; not negative (negative ones are the transport's own).
  package var id: Int
  package var kind: CallKind

  package init(path: String, id: Int, kind: CallKind) {
    precondition(id >= 0, "method id \(id) of \(path) is negative")
    self.path = path
    self.id = id
    self.kind = kind
  }
}

/// Looks a path up by its bytes: a small hash chooses where to begin, one compare decides.
package struct MethodTable: Sendable {
  struct Entry: Sendable {
    let path: [UInt8]
    let id: Int
    let kind: CallKind
  }

  /// Where a path lies in `bytes`; an empty one ends a search.
  private struct Place: Sendable {
    var start = 0
    var count = 0
    var id = 0
    var kind = CallKind.unary
  }

  private let entries: [Entry]
  private var bytes: [UInt8] = []
  private var places: [Place]
  private let mask: Int

  package init(_ methods: [MethodDescription]) {
    self.init(
      entries: methods.map { Entry(path: Array($0.path.utf8), id: $0.id, kind: $0.kind) })
  }

  init(entries: [Entry]) {
    self.entries = entries
    var size = 16
    while size < entries.count * 4 { size *= 2 }
    mask = size - 1
    places = Array(repeating: Place(), count: size)
    for entry in entries {
      var at = unsafe entry.path.withUnsafeBytes { unsafe Self.hash($0) } & mask
      while places[at].count > 0 { at = (at + 1) & mask }
      places[at] = Place(
        start: bytes.count, count: entry.path.count, id: entry.id, kind: entry.kind)
      bytes += entry.path
    }
  }

  /// The same table with the transport's own methods added.
  func adding(_ more: [Entry]) -> MethodTable { MethodTable(entries: entries + more) }

  func lookup(_ path: UnsafeRawBufferPointer) -> (id: Int, kind: CallKind)? {
    var at = unsafe Self.hash(path) & mask
    while places[at].count > 0 {
      let place = places[at]
      let same = unsafe bytes.withUnsafeBytes {
        unsafe bytesEqual(
          UnsafeRawBufferPointer(rebasing: $0[place.start..<place.start + place.count]), path)
      }
      if same { return (place.id, place.kind) }
      at = (at + 1) & mask
    }
    return nil
  }

  /// Method names differ most at their ends, so a few bytes from there are enough.
  private static func hash(_ path: UnsafeRawBufferPointer) -> Int {
    let n = path.count
    guard n >= 8 else { return n }
    var h = n
    for k in 1...8 { h = h &* 31 &+ Int(unsafe path[n - k]) }
    return h ^ (h >> 7)
  }
}
