package import Primitives

// Canonical snapshot, digest and invariants of the meta group's books.

/// The sections of a meta snapshot, in order.
enum MetaSection: UInt32 {
  case header = 1
  case items = 2
  case ended = 3

  var next: MetaSection? { MetaSection(rawValue: rawValue + 1) }
}

/// Streams books that nobody changes any more.
struct MetaSnapshotStream: Sendable {
  private var books: MetaBooks
  private var writer = SnapshotWriter(version: ShardSection.version)
  private var section: MetaSection? = .header
  private var number: UInt64 = 0
  private var isFinished = false

  init(books: MetaBooks) { self.books = books }

  mutating func nextChunk(maxBytes: Int) -> [UInt8]? {
    if isFinished { return nil }
    while let section, writer.readyBytes < max(1, maxBytes - 2 * SnapshotWriter.frameBytes) {
      if !writeNext(section) {
        self.section = section.next
        number = 0
      }
    }
    if section == nil {
      writer.finish()
      isFinished = true
    }
    return writer.take()
  }

  private mutating func writeNext(_ section: MetaSection) -> Bool {
    switch section {
    case .header: return writeHeader()
    case .items: return writeItem()
    case .ended: return writeEnded()
    }
  }

  private mutating func writeHeader() -> Bool {
    guard number == 0 else { return false }
    number = 1
    let digest = books.digest()
    writer.record(MetaSection.header.rawValue) { out in
      out.put(UInt8(1))
      out.put(digest)
      books.header.write(into: &out)
    }
    return true
  }

  private mutating func writeItem() -> Bool {
    guard let next = books.items.next(from: number) else { return false }
    number = next.number + 1
    writer.record(MetaSection.items.rawValue) { out in
      out.put(next.number)
      out.put(next.row.kind)
      out.put(next.row.shard)
      out.put(long: books.body(next.row))
    }
    return true
  }

  private mutating func writeEnded() -> Bool {
    guard let next = books.ended.next(from: number) else { return false }
    number = next.number + 1
    writer.record(MetaSection.ended.rawValue) { out in
      out.put(next.number)
      unsafe withUnsafeBytes(of: next.row) { unsafe out.put(raw: $0) }
    }
    return true
  }
}

extension MetaLedger {
  /// The digest of the logical content; equal on all members at equal index (rule C10).
  package mutating func digest() -> Hash128 { books.digest() }

  /// Takes a frozen copy for saving or sending.
  package func snapshot() -> LedgerSnapshot {
    LedgerSnapshot(
      shard: .meta, index: appliedIndex, term: appliedTerm, logTime: logTime,
      stream: .meta(MetaSnapshotStream(books: books)))
  }

  /// Takes the records of one frame; false when they make no sense.
  mutating func load(_ section: MetaSection, _ reader: inout ByteReader) -> Bool {
    while !reader.isAtEnd, reader.isValid {
      let number = reader.get(UInt64.self)
      switch section {
      case .header: return false
      case .items: guard loadItem(number, &reader) else { return false }
      case .ended: guard loadEnded(number, &reader) else { return false }
      }
    }
    return reader.isValid
  }

  private mutating func loadItem(_ version: UInt64, _ reader: inout ByteReader) -> Bool {
    let kind = reader.get(UInt32.self)
    let shard = reader.get(UInt32.self)
    let body = unsafe [UInt8](reader.getLong())
    guard reader.isValid, kind <= 255, !books.items.contains(version),
      let command = CommandKind(rawValue: UInt8(kind)), command != .dropNode,
      isAllowed(command, body)
    else { return false }
    books.items.insert(
      ItemRow(body: books.heap.allocate(body), shard: shard, kind: kind), at: version)
    index(command, version)
    return true
  }

  private mutating func index(_ kind: CommandKind, _ version: UInt64) {
    switch kind {
    case .putSku:
      let item = sku(at: version)
      skuVersions.set(item.sku, version)
      _ = keepTexts([item.sku, item.baseUnit] + item.units.map(\.unit))
    case .putLocation:
      let item = location(at: version)
      locationVersions.set(item.location, version)
      _ = keepTexts([item.location, item.region, item.zone])
    case .putPool:
      let item = pool(at: version)
      poolVersions.set(item.pool, version)
      for name in item.locations { poolOfLocation.set(name, item.pool) }
      _ = keepTexts([item.pool] + item.regions)
    case .putAccount:
      let item = account(at: version)
      accountVersions.set(item.key.name, version)
      accountsAt.set(item.key.location, (accountsAt.find(item.key.location) ?? 0) + 1)
      _ = keepTexts([item.key.owner])
    default:
      let item = books.read(version, NodeItem.init(from:version:))
      nodeVersions.set(Self.name(of: item.node), version)
    }
  }

  private mutating func loadEnded(_ place: UInt64, _ reader: inout ByteReader) -> Bool {
    let row = reader.row(
      ChangeRow(requestID: .zero, fingerprint: .zero, version: 0, seconds: 0, stampSeconds: 0))
    let places = books.header.endedHead..<max(books.header.endedHead, books.header.endedTail)
    guard reader.isValid, places.contains(place), !books.ended.contains(place) else { return false }
    books.ended.insert(row, at: place)
    return requests.insert(row.requestID, place)
  }

  /// Each place between the first and the next has its remembered change. The digest does not tell:
  /// whoever made the bytes made it too.
  var isEndedSane: Bool {
    let header = books.header
    return header.endedHead > 0 && header.endedHead <= header.endedTail
      && header.endedTail < 1 << 62
      && UInt64(books.ended.count) == header.endedTail - header.endedHead
  }

  /// Walks everything and traps, with numbers, where something does not fit.
  package func checkInvariants() {
    let named =
      skuVersions.count + locationVersions.count + poolVersions.count
      + accountVersions.count + nodeVersions.count
    precondition(named == books.items.count, "\(named) names, \(books.items.count) items")
    precondition(
      requests.count == books.ended.count
        && UInt64(books.ended.count) == books.header.endedTail - books.header.endedHead,
      "\(requests.count) requests, \(books.ended.count) rows")
    for (at, shard) in shards.enumerated() {
      precondition(shard.id.rawValue == UInt32(at) + 2, "shard \(shard.id.rawValue) at \(at)")
      precondition(poolVersions.find(shard.pool) != nil, "shard \(shard.id.rawValue) has no pool")
    }
    books.items.forEach { version, row in
      precondition(version <= catalogVersion, "item \(version) after \(catalogVersion)")
      guard row.kind == UInt32(CommandKind.putAccount.rawValue) else { return }
      let item = account(at: version)
      precondition(
        poolOfLocation.find(item.key.location) == item.pool,
        "account at version \(version) has lost its pool")
      precondition(
        shards.contains { $0.id.rawValue == row.shard && $0.pool == item.pool },
        "account at version \(version) has home \(row.shard)")
    }
  }
}
