/// A sorted set of small keys.
///
/// A B+-tree of fixed height: the root names branches, a branch names at most `leavesMax` leaves, a
/// leaf is one page of sorted keys. With 4 KiB leaves the root of ten million pairs has a few
/// hundred branches, and inserting one of them moves that short array. Leaves take only the room
/// that they need, and join their neighbour when they run empty.
struct OrderedIndex<Key: BitwiseCopyable & Comparable & Sendable>: Sendable {
  private typealias Leaf = KeyPage<Key>

  /// The leaves of one stretch, and a lower bound of each one's keys beside it, so that a search
  /// looks into one leaf only. Bounds are no keys: one may outlive the key that it came from.
  private struct Branch: Sendable {
    var bounds: ContiguousArray<Key>
    var leaves: ContiguousArray<Page>
  }

  private static var leavesMax: Int { 128 }

  private var bounds: ContiguousArray<Key> = []
  private var branches: ContiguousArray<Branch> = []
  private(set) var count = 0
  /// Keys, leaves and branches that were moved to make room, beside shifts within one leaf.
  private(set) var entriesMoved: UInt64 = 0

  init() {}

  var isEmpty: Bool { count == 0 }

  var first: Key? { branches.first.map { unsafe Leaf.keys($0.leaves[0])[0] } }

  var last: Key? {
    guard let leaf = branches.last?.leaves.last else { return nil }
    return unsafe Leaf.keys(leaf)[leaf.count - 1]
  }

  func contains(_ key: Key) -> Bool {
    guard count > 0 else { return false }
    let branch = Self.place(of: key, in: bounds)
    let leaf = Self.place(of: key, in: branches[branch].bounds)
    let page = branches[branch].leaves[leaf]
    return Leaf.has(page, key, at: Leaf.lowerBound(page, key))
  }

  /// False when the key is there already.
  @inline(__always) @discardableResult
  mutating func insert(_ key: Key) -> Bool {
    count > 0 && Self.append(key, to: &branches[branches.count - 1], &count)
      || insertBetween(key)
  }

  /// Deadlines mostly come in ascending order: the last leaf takes a key above all others, if it
  /// has room.
  @inline(__always)
  private static func append(_ key: Key, to branch: inout Branch, _ count: inout Int) -> Bool {
    let leaf = branch.leaves.count - 1
    guard Leaf.append(key, to: &branch.leaves[leaf]) else { return false }
    count += 1
    return true
  }

  @inline(never)
  private mutating func insertBetween(_ key: Key) -> Bool {
    guard count > 0 else {
      bounds = [key]
      branches = [Branch(bounds: [key], leaves: [Leaf.make(key)])]
      count = 1
      return true
    }
    let branch = Self.place(of: key, in: bounds)
    let leaf = Self.place(of: key, in: branches[branch].bounds)
    let at = Leaf.lowerBound(branches[branch].leaves[leaf], key)
    if Leaf.has(branches[branch].leaves[leaf], key, at: at) { return false }
    count += 1
    if branches[branch].leaves[leaf].count == Leaf.keysMax {
      splitAndInsert(key, branch, leaf, at)
    } else {
      Leaf.makeRoom(&branches[branch].leaves[leaf])
      Leaf.insert(key, at: at, into: branches[branch].leaves[leaf])
    }
    return true
  }

  /// False when the key is not there.
  @discardableResult
  mutating func remove(_ key: Key) -> Bool {
    guard count > 0 else { return false }
    let branch = Self.place(of: key, in: bounds)
    let leaf = Self.place(of: key, in: branches[branch].bounds)
    let at = Leaf.lowerBound(branches[branch].leaves[leaf], key)
    guard Leaf.has(branches[branch].leaves[leaf], key, at: at) else { return false }
    remove(branch, leaf, at)
    return true
  }

  /// Takes the first keys out, those below `end` and at most `limit`, into `taken`. A leaf's keys go
  /// together: one by one, each would move all others of its leaf.
  mutating func removeFirst(below end: Key, atMost limit: Int, into taken: inout [Key]) {
    var left = limit
    while left > 0, count > 0 {
      let page = branches[0].leaves[0]
      let due = min(left, Leaf.lowerBound(page, end))
      guard due > 0 else { return }
      for at in 0..<due { unsafe taken.append(Leaf.keys(page)[at]) }
      page.stays()
      left -= due
      count -= due
      if due == page.count {
        drop(0, 0)
      } else {
        branches[0].leaves[0] = Leaf.copy(page, due..<page.count)
        return
      }
    }
  }

  mutating func popFirst() -> Key? {
    guard let key = first else { return nil }
    remove(0, 0, 0)
    return key
  }
}

extension OrderedIndex {
  /// The last place whose bound is at most `key`, or the first.
  @inline(__always)
  private static func place(of key: Key, in bounds: ContiguousArray<Key>) -> Int {
    // Deadlines mostly come in ascending order: look at the end first.
    if !(key < bounds[bounds.count - 1]) { return bounds.count - 1 }
    var low = 0
    var length = bounds.count - 1
    while length > 0 {
      let half = length >> 1
      let isAbove = key < bounds[low + half]
      low = isAbove ? low : low + half + 1
      length = isAbove ? half : length - half - 1
    }
    return max(0, low - 1)
  }

  /// Divides a full leaf, in the middle or, when keys come in ascending order, before the new one.
  private mutating func splitAndInsert(_ key: Key, _ branch: Int, _ leaf: Int, _ at: Int) {
    let page = branches[branch].leaves[leaf]
    if at == page.count {
      entriesMoved &+= 1
      add(Leaf.make(key), key, branch, leaf + 1)
      return
    }
    let middle = page.count / 2
    let upper = Leaf.copy(page, middle..<page.count, room: at > middle ? 1 : 0)
    let lower = Leaf.copy(page, 0..<middle, room: at > middle ? 0 : 1)
    entriesMoved &+= UInt64(page.count)
    if at > middle {
      Leaf.insert(key, at: at - middle, into: upper)
    } else {
      Leaf.insert(key, at: at, into: lower)
    }
    branches[branch].leaves[leaf] = lower
    add(upper, unsafe Leaf.keys(upper)[0], branch, leaf + 1)
  }

  private mutating func add(_ page: Page, _ bound: Key, _ branch: Int, _ leaf: Int) {
    branches[branch].leaves.insert(page, at: leaf)
    branches[branch].bounds.insert(bound, at: leaf)
    let leaves = branches[branch].leaves.count
    guard leaves > Self.leavesMax else { return }
    let middle = leaf == leaves - 1 ? leaves - 1 : leaves / 2
    let upper = Branch(
      bounds: ContiguousArray(branches[branch].bounds[middle...]),
      leaves: ContiguousArray(branches[branch].leaves[middle...]))
    branches[branch].bounds.removeSubrange(middle...)
    branches[branch].leaves.removeSubrange(middle...)
    bounds.insert(upper.bounds[0], at: branch + 1)
    branches.insert(upper, at: branch + 1)
    entriesMoved &+= UInt64(leaves - middle + branches.count - branch)
  }

  private mutating func remove(_ branch: Int, _ leaf: Int, _ at: Int) {
    Leaf.remove(at: at, from: &branches[branch].leaves[leaf])
    count -= 1
    let left = branches[branch].leaves[leaf].count
    if left == 0 {
      drop(branch, leaf)
    } else if left * 4 < Leaf.keysMax && leaf + 1 < branches[branch].leaves.count {
      join(branch, leaf)
    }
  }

  /// Joins a sparse leaf with the next one of its branch when both fill less than three quarters.
  private mutating func join(_ branch: Int, _ leaf: Int) {
    let lower = branches[branch].leaves[leaf]
    let upper = branches[branch].leaves[leaf + 1]
    let both = lower.count + upper.count
    guard both * 4 <= Leaf.keysMax * 3 else { return }
    branches[branch].leaves[leaf] = Leaf.joined(lower, upper)
    entriesMoved &+= UInt64(both)
    branches[branch].leaves.remove(at: leaf + 1)
    branches[branch].bounds.remove(at: leaf + 1)
  }

  /// Takes an empty leaf away, and its branch with the last one.
  private mutating func drop(_ branch: Int, _ leaf: Int) {
    branches[branch].leaves.remove(at: leaf)
    branches[branch].bounds.remove(at: leaf)
    if branches[branch].leaves.isEmpty {
      branches.remove(at: branch)
      bounds.remove(at: branch)
    }
  }
}

// MARK: Order

extension OrderedIndex {
  /// The smallest key that is at least `key`.
  func first(from key: Key) -> Key? {
    var found: Key?
    scan(from: key) {
      found = $0
      return false
    }
    return found
  }

  /// Visits keys from `key` on, ascending, until `body` answers false.
  func scan(from key: Key, _ body: (Key) -> Bool) {
    guard count > 0 else { return }
    var branch = Self.place(of: key, in: bounds)
    var leaf = Self.place(of: key, in: branches[branch].bounds)
    var at = Leaf.lowerBound(branches[branch].leaves[leaf], key)
    while branch < branches.count {
      while leaf < branches[branch].leaves.count {
        let page = branches[branch].leaves[leaf]
        while at < page.count {
          if unsafe !body(Leaf.keys(page)[at]) { return }
          at += 1
        }
        leaf += 1
        at = 0
      }
      branch += 1
      leaf = 0
    }
  }
}
