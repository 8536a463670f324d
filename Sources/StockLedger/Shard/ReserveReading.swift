import Primitives

// Reading a reserve: limits first, then texts to numbers, then merging.
extension ShardState {
  mutating func readReserve(
    _ from: ByteReader, _ bytes: UnsafeRawBufferPointer, _ refusal: inout CallRefusal
  ) -> ReserveHead? {
    // A variable of its own lies in registers.
    var body = from
    refusal = .invalidArgument
    let texts = unsafe (body.getShort().count, body.getShort().count)
    let textsEnd = body.offset
    let channel = unsafe body.getShort().count
    let channelEnd = body.offset
    let ttl = body.get(Int64.self)
    let fill = Fill(rawValue: body.get(UInt8.self))
    let requiredBy = body.get(Int32.self)
    let count = Int(body.get(UInt16.self))
    guard max(texts.0, texts.1, channel) <= limits.textBytesMax, let fill,
      ttl >= limits.ttlMinMilliseconds, ttl <= limits.ttlMaxMilliseconds,
      count >= 1, count <= limits.linesMax
    else { return nil }
    var head = ReserveHead(
      textsEnd: textsEnd, channelEnd: channelEnd, ttl: ttl, fill: fill, requiredBy: requiredBy)
    if count == 1 {
      head.onlyLine = unsafe readLine(&body, bytes, &refusal)
      guard head.onlyLine != nil else { return nil }
    } else {
      guard unsafe readLines(count, &body, bytes, &refusal) else { return nil }
    }
    precondition(body.isValid && body.isAtEnd, "reserve record of \(body.offset) bytes")
    return head
  }

  /// Several lines, into the scratch lines.
  private mutating func readLines(
    _ count: Int, _ body: inout ByteReader, _ bytes: UnsafeRawBufferPointer,
    _ refusal: inout CallRefusal
  ) -> Bool {
    scratch.lines.clear()
    startMerging(count)
    for _ in 0..<count {
      guard let line = unsafe readLine(&body, bytes, &refusal) else { return false }
      guard unsafe merge(line, bytes) else {
        refusal = .quantityOverflow
        return false
      }
    }
    return true
  }

  @inline(__always)
  private mutating func readLine(
    _ body: inout ByteReader, _ bytes: UnsafeRawBufferPointer, _ refusal: inout CallRefusal
  ) -> RequestLine? {
    let skuOffset = body.offset
    let sku = unsafe body.getShort()
    let quantity = body.get(Int64.self)
    let unit = unsafe body.getShort()
    let wishOffset = body.offset
    let wish = unsafe body.getShort()
    guard unsafe !sku.isEmpty, quantity >= 1, quantity <= limits.quantityMax,
      max(sku.count, unit.count, wish.count) <= limits.textBytesMax
    else { return nil }
    var line = RequestLine(
      skuOffset: skuOffset, wishOffset: wishOffset, sku: 0, wish: RequestLine.anyLocation,
      requested: Quantity(quantity), reason: .none)
    if unsafe unit.isEmpty, let usual = unsafe usualSku(sku) {
      line.sku = usual.sku
      line.firstAccount = usual.firstAccount
    } else {
      guard unsafe find(sku, unit, of: &line) else {
        refusal = .quantityOverflow
        return nil
      }
      if line.reason == .unknownSku { return line }
    }
    if unsafe !wish.isEmpty { unsafe read(wish, of: &line) }
    return line
  }

  /// The SKU, and the quantity in its base unit; false on overflow.
  @inline(never)
  private mutating func find(
    _ sku: UnsafeRawBufferPointer, _ unit: UnsafeRawBufferPointer, of line: inout RequestLine
  ) -> Bool {
    line.sku = unsafe skuNumber(sku)
    guard line.sku != 0, case let row = books.skus[UInt64(line.sku)],
      row.isKnown == 1, row.isActive == 1
    else {
      line.reason = .unknownSku
      return true
    }
    line.firstAccount = unsafe noteUsual(sku, line.sku, row)
    return unsafe unit.isEmpty || convert(&line, row, unit)
  }

  /// Into base units; false on overflow.
  private func convert(
    _ line: inout RequestLine, _ row: SkuRow, _ unit: UnsafeRawBufferPointer
  ) -> Bool {
    guard let factor = unsafe books.baseUnits(of: row, unit: unit) else {
      line.reason = .unknownUnit
      return true
    }
    guard let base = line.requested.times(factor) else { return false }
    line.requested = base
    return true
  }

  private func read(_ wish: UnsafeRawBufferPointer, of line: inout RequestLine) {
    let location = unsafe locationNumber(wish)
    if let location, books.locations[UInt64(location)].order != LocationRow.notInPool {
      line.wish = location
    } else if line.reason == .none {
      line.reason = .unknownLocation
    }
  }

  private mutating func startMerging(_ count: Int) {
    var size = 4
    while size < 2 * count { size *= 2 }
    if scratch.slots.count < size {
      scratch.slots = [Int32](repeating: -1, count: size)
    } else {
      for at in scratch.slots.indices { scratch.slots[at] = -1 }
    }
  }

  /// Adds a line to the one of the same SKU and location, if there is one; false on overflow.
  private mutating func merge(_ line: RequestLine, _ bytes: UnsafeRawBufferPointer) -> Bool {
    let sku = unsafe ByteReader.short(bytes, at: line.skuOffset)
    let wish = unsafe ByteReader.short(bytes, at: line.wishOffset)
    let mask = scratch.slots.count - 1
    let hash = unsafe Hash128(sku, seed: Hash128(wish).low)
    var slot = Int(truncatingIfNeeded: hash.low) & mask
    while scratch.slots[slot] >= 0 {
      let at = Int(scratch.slots[slot])
      let other = scratch.lines[at]
      if unsafe same(sku, ByteReader.short(bytes, at: other.skuOffset)),
        unsafe same(wish, ByteReader.short(bytes, at: other.wishOffset))
      {
        guard let sum = other.requested.adding(line.requested) else { return false }
        scratch.lines[at].requested = sum
        if other.reason == .none
          || line.reason != .none && line.reason.rawValue < other.reason.rawValue
        {
          scratch.lines[at].reason = line.reason
        }
        return true
      }
      slot = (slot + 1) & mask
    }
    scratch.slots[slot] = Int32(scratch.lines.count)
    scratch.lines.append(line)
    return true
  }

  private func same(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    unsafe a.elementsEqual(b)
  }
}

extension ByteReader {
  /// Reads on from the middle of `bytes`.
  init(_ bytes: UnsafeRawBufferPointer, from offset: Int) {
    unsafe self.init(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
  }

  static func short(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UnsafeRawBufferPointer {
    var reader = unsafe ByteReader(bytes, from: offset)
    return unsafe reader.getShort()
  }
}
