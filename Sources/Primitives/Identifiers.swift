// Integers with a meaning: an index can't be passed where a term is expected.

/// A `holdfast serve` process, unique in its cluster; zero is nobody.
@usableFromInline
package struct NodeID: RawRepresentable, Hashable, Comparable, Sendable {
  @usableFromInline package var rawValue: UInt64
  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }
  @inlinable package init(_ value: UInt64) { rawValue = value }
  @inlinable package static func < (a: NodeID, b: NodeID) -> Bool { a.rawValue < b.rawValue }
  @inlinable package static var none: NodeID { NodeID(0) }
}

/// A node's seat in one Raft group. A node that lost its hard state comes back under a new one
/// (rule C9), so this is not the node's own number; zero is nobody.
@usableFromInline
package struct MemberID: RawRepresentable, Hashable, Comparable, Sendable {
  @usableFromInline package var rawValue: UInt64
  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }
  @inlinable package init(_ value: UInt64) { rawValue = value }
  @inlinable package static func < (a: MemberID, b: MemberID) -> Bool { a.rawValue < b.rawValue }
  @inlinable package static var none: MemberID { MemberID(0) }
}

/// A unit of ordering, and the Raft group that orders it: the two share one number.
@usableFromInline
package struct ShardID: RawRepresentable, Hashable, Comparable, Sendable {
  @usableFromInline package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable package init(_ value: UInt32) { rawValue = value }
  @inlinable package static func < (a: ShardID, b: ShardID) -> Bool { a.rawValue < b.rawValue }
  /// The group that orders the catalog, the pools and the topology.
  @inlinable package static var meta: ShardID { ShardID(1) }
}

/// A Raft term.
@usableFromInline
package struct Term: RawRepresentable, Hashable, Comparable, Sendable {
  @usableFromInline package var rawValue: UInt64
  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }
  @inlinable package init(_ value: UInt64) { rawValue = value }
  @inlinable package static func < (a: Term, b: Term) -> Bool { a.rawValue < b.rawValue }
  @inlinable package static var zero: Term { Term(0) }
  @inlinable package var next: Term { Term(rawValue + 1) }
}

/// A position in one group's log; the first entry has index 1.
@usableFromInline
package struct LogIndex: RawRepresentable, Hashable, Comparable, Sendable {
  @usableFromInline package var rawValue: UInt64
  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }
  @inlinable package init(_ value: UInt64) { rawValue = value }
  @inlinable package static func < (a: LogIndex, b: LogIndex) -> Bool { a.rawValue < b.rawValue }
  @inlinable package static var zero: LogIndex { LogIndex(0) }
  @inlinable package var next: LogIndex { LogIndex(rawValue + 1) }
  @inlinable package var previous: LogIndex { LogIndex(rawValue - 1) }
  @inlinable package func advanced(by n: UInt64) -> LogIndex { LogIndex(rawValue + n) }
}
