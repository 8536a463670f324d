/// The books of one account as a client can know them.
struct SkuBooks: Hashable {
  var onHand: Int64
  var promised: Int64
}

/// What one client asked about one account, when, and what it was told.
struct SkuOperation: Equatable {
  enum Action: Equatable {
    case reserve(Int64)
    /// A line of an order of several, which is had whole or not at all: it may be refused for the sake
    /// of another.
    case reserveTogether(Int64)
    /// As much as there is.
    case reservePart(Int64)
    case release(Int64)
    /// A delta; below zero nothing is taken.
    case restock(Int64)
    case read
  }

  enum Answer: Equatable {
    /// None came: it may have acted, may act later, or never.
    case open
    case taken
    case refused
    /// So many units.
    case got(Int64)
    /// Of a restock: the units on hand behind it.
    case counted(Int64)
    case books(SkuBooks)
  }

  var action: Action
  var answer = Answer.open
  var began: UInt64
  var ended: UInt64 = .max

  var isOpen: Bool { answer == .open }

  /// The books behind the operation if it acts on `books`; nil where its answer says otherwise.
  func act(on books: SkuBooks) -> SkuBooks? {
    var next = books
    var told: Answer
    switch action {
    case .reserve(let units):
      let fits = units <= books.onHand - books.promised
      if fits { next.promised += units }
      told = fits ? .taken : .refused
    case .reserveTogether(let units):
      if answer == .refused { return books }
      let fits = units <= books.onHand - books.promised
      if fits { next.promised += units }
      told = fits ? .taken : .refused
    case .reservePart(let units):
      let got = max(0, min(units, books.onHand - books.promised))
      next.promised += got
      told = .got(got)
    case .release(let units):
      next.promised -= units
      told = .taken
    case .restock(let delta):
      if books.onHand + delta >= 0 { next.onHand += delta }
      told = next.onHand == books.onHand ? .refused : .counted(next.onHand)
    case .read: told = .books(books)
    }
    return isOpen || answer == told ? next : nil
  }
}

/// Everything that happened to one account of one shard, as its clients saw it.
struct SkuHistory {
  var start = SkuBooks(onHand: 0, promised: 0)
  private(set) var operations: [SkuOperation] = []

  /// The number of an operation that begins now.
  mutating func begin(_ action: SkuOperation.Action, at time: UInt64) -> Int {
    operations.append(SkuOperation(action: action, began: time))
    return operations.count - 1
  }

  mutating func end(_ number: Int, _ answer: SkuOperation.Answer, at time: UInt64) {
    operations[number].answer = answer
    operations[number].ended = time
  }
}
