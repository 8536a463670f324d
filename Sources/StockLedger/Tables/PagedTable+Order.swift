extension PagedTable {
  /// The first row whose number is at least `number`: iteration that can stop and go on.
  func next(from number: UInt64) -> (number: UInt64, row: Row)? {
    let key = Self.chunk(number)
    var chunk = directory.lowerBound(chunk: key)
    while chunk < directory.chunks.count {
      let isFirst = directory.keys[chunk] == key
      var page = isFirst ? Self.pageInChunk(number) : 0
      var slot = isFirst ? Self.slot(number) : 0
      while page < PageDirectory.slotsPerChunk {
        if let found = directory.chunks[chunk].slots[page].page,
          let at = Rows.next(found, from: slot)
        {
          let first = Self.firstNumber(chunk: directory.keys[chunk], page: page)
          return unsafe (first + UInt64(at), Rows.rows(found)[Rows.position(found, at)])
        }
        page += 1
        slot = 0
      }
      chunk += 1
    }
    return nil
  }

  /// All rows in ascending order of their numbers.
  func forEach(_ body: (UInt64, Row) -> Void) {
    for chunk in directory.chunks.indices {
      for page in 0..<PageDirectory.slotsPerChunk {
        guard let found = directory.chunks[chunk].slots[page].page else { continue }
        let first = Self.firstNumber(chunk: directory.keys[chunk], page: page)
        Self.forEach(in: found, first, body)
      }
    }
  }

  @inline(__always)
  static func forEach(in page: Page, _ first: UInt64, _ body: (UInt64, Row) -> Void) {
    var packed = 0
    for word in 0..<Rows.bitmapWords {
      var bits = unsafe Rows.bitmap(page)[word]
      while bits != 0 {
        let slot = word << 6 + bits.trailingZeroBitCount
        bits &= bits - 1
        let at = page.capacity == Rows.slots ? slot : packed
        unsafe body(first + UInt64(slot), Rows.rows(page)[at])
        packed += 1
      }
    }
  }
}
