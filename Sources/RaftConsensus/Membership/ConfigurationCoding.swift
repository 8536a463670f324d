import Primitives

// The payload of a configuration entry: the whole configuration, so that an entry says by itself
// who belongs to the group, whatever came before it.

extension Configuration {
  private static let format: UInt8 = 1

  package var encoded: [UInt8] {
    var writer = ByteWriter(reserving: 16 + members.count * 8)
    writer.put(Self.format)
    writer.put(UInt8(autoLeave ? 1 : 0))
    for list in [voters, outgoingVoters, learners, learnersNext] {
      writer.put(UInt16(list.count))
      for member in list { writer.put(member.rawValue) }
    }
    return writer.bytes
  }

  /// Nil for bytes that `encoded` did not make, and for a configuration that nobody may vote in.
  package init?(decoding bytes: [UInt8]) {
    guard let decoded = unsafe bytes.withUnsafeBytes({ unsafe Self.decode($0) }) else { return nil }
    self = decoded
  }

  private static func decode(_ bytes: UnsafeRawBufferPointer) -> Configuration? {
    var reader = unsafe ByteReader(bytes)
    guard reader.get(UInt8.self) == format else { return nil }
    let flag = reader.get(UInt8.self)
    var lists: [[MemberID]] = []
    for at in 0..<4 {
      let count = Int(reader.get(UInt16.self))
      guard reader.isValid, count <= (at < 2 ? votersMax : learnersMax), flag <= 1 else {
        return nil
      }
      lists.append((0..<count).map { _ in MemberID(reader.get(UInt64.self)) })
    }
    guard reader.isAtEnd, !lists[0].isEmpty, lists.allSatisfy(isStrictlySorted) else { return nil }
    return Configuration(
      voters: lists[0], outgoingVoters: lists[1], learners: lists[2], learnersNext: lists[3],
      autoLeave: flag == 1)
  }

  /// Also without nobody, which is number zero.
  private static func isStrictlySorted(_ list: [MemberID]) -> Bool {
    var before = MemberID.none
    for member in list {
      guard member > before else { return false }
      before = member
    }
    return true
  }
}
