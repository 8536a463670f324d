package import Primitives

/// Where a decoded command belongs. Its texts are views of the decoder's memory and of the
/// request's bytes: valid until the decoder's next call.
@safe
package struct CommandRoute {
  package enum Target: Sendable {
    /// The shard of `pool` and `region`.
    case shard
    /// The home of (`sku`, `location`, `owner`), which the catalog knows.
    case account
    /// The catalog's own group.
    case catalog
  }

  package var target: Target
  package var requestID: RequestID
  package var pool = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
  package var region = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
  /// The reservation's number; 0 for a new one.
  package var number: UInt64 = 0
  package var sku = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
  package var location = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
  package var owner = unsafe UnsafeRawBufferPointer(start: nil, count: 0)

  init(_ target: Target, _ requestID: RequestID) {
    self.target = target
    self.requestID = requestID
  }
}

/// One request of a batch: where it belongs, and its record in the writer or why it has none. There
/// are thousands in a call, so they are small. Texts are valid as long as `CommandRoute`'s.
@safe
package struct BatchItem {
  package let requestID: RequestID
  package let pool: UnsafeRawBufferPointer
  package let region: UnsafeRawBufferPointer
  /// Where its record lies in the writer; empty when it was refused.
  package let record: Range<Int>
  private let boxed: Box?

  package var refusal: RequestRefusal? { boxed?.refusal }

  init(route: CommandRoute, record: Range<Int>, refusal: RequestRefusal? = nil) {
    requestID = route.requestID
    unsafe (pool, region) = (route.pool, route.region)
    self.record = record
    boxed = refusal.map(Box.init)
  }

  /// A refusal is rare and large.
  private final class Box {
    let refusal: RequestRefusal
    init(_ refusal: RequestRefusal) { self.refusal = refusal }
  }
}

/// The part of a SyncSupply that goes to one shard: a whole record with some of the rows.
package struct SyncPart: Sendable {
  package var shard: ShardID
  /// Where its record lies in the writer.
  package var record: Range<Int>
  /// Which rows of the request are in it, in the order of its outcome's rows.
  package var rows: [Int]
}

/// A SyncSupply, split by home shard.
package struct SyncSplit: Sendable {
  package var requestID: RequestID
  package var rowCount: Int
  /// In the order of their first rows.
  package var parts: [SyncPart]
  /// Rows whose account has no home.
  package var unmapped: [Int]
}
