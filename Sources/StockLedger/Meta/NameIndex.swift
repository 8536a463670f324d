/// Names in order, each with a value. Sorted chunks, so that an insert moves a bounded number of
/// entries; for the catalog, which changes rarely.
struct NameIndex<Value: Sendable>: Sendable {
  typealias Entry = (name: [UInt8], value: Value)

  private var chunks: [[Entry]] = []
  private(set) var count = 0

  private static var chunkMax: Int { 256 }

  func find(_ name: [UInt8]) -> Value? {
    guard let chunk = chunk(of: name) else { return nil }
    let at = Self.place(of: name, in: chunks[chunk])
    return at < chunks[chunk].count && chunks[chunk][at].name == name
      ? chunks[chunk][at].value : nil
  }

  mutating func set(_ name: [UInt8], _ value: Value) {
    guard let chunk = chunk(of: name) else {
      chunks.append([(name, value)])
      count += 1
      return
    }
    let at = Self.place(of: name, in: chunks[chunk])
    if at < chunks[chunk].count, chunks[chunk][at].name == name {
      chunks[chunk][at].value = value
      return
    }
    chunks[chunk].insert((name, value), at: at)
    count += 1
    if chunks[chunk].count > Self.chunkMax { split(chunk) }
  }

  mutating func remove(_ name: [UInt8]) {
    guard let chunk = chunk(of: name) else { return }
    let at = Self.place(of: name, in: chunks[chunk])
    guard at < chunks[chunk].count, chunks[chunk][at].name == name else { return }
    chunks[chunk].remove(at: at)
    if chunks[chunk].isEmpty { chunks.remove(at: chunk) }
    count -= 1
  }

  /// Up to `limit` entries whose names come after `name`, ascending.
  func after(_ name: [UInt8], limit: Int) -> [Entry] {
    var result: [Entry] = []
    guard var chunk = chunk(of: name) else { return [] }
    var at = Self.place(of: name, in: chunks[chunk])
    while result.count < limit, chunk < chunks.count {
      if at == chunks[chunk].count {
        chunk += 1
        at = 0
      } else {
        if chunks[chunk][at].name != name { result.append(chunks[chunk][at]) }
        at += 1
      }
    }
    return result
  }

  private mutating func split(_ chunk: Int) {
    let half = chunks[chunk].count / 2
    chunks.insert(Array(chunks[chunk][half...]), at: chunk + 1)
    chunks[chunk].removeLast(chunks[chunk].count - half)
  }

  /// The last chunk that begins at or before the name; the first when none does.
  private func chunk(of name: [UInt8]) -> Int? {
    guard !chunks.isEmpty else { return nil }
    var low = 0
    var high = chunks.count
    while low < high {
      let middle = (low + high) / 2
      if name.lexicographicallyPrecedes(chunks[middle][0].name) {
        high = middle
      } else {
        low = middle + 1
      }
    }
    return max(0, low - 1)
  }

  private static func place(of name: [UInt8], in chunk: [Entry]) -> Int {
    var low = 0
    var high = chunk.count
    while low < high {
      let middle = (low + high) / 2
      if chunk[middle].name.lexicographicallyPrecedes(name) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }
}
