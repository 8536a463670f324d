/// Finds the number of a row by the hash of a key that lies in the row only: five bytes an entry
/// instead of a key and a number. Hashes decide nothing: the caller compares the row's own key.
///
/// Where a bucket is divided, the rows are asked for their hashes again: one or two rows for each
/// that is added.
struct NumberIndex: Sendable {
  static var entriesPerBucket: Int { 96 }

  private var buckets = HashBuckets<UInt32>(entriesPerBucket: entriesPerBucket, step: 8)

  init() {}

  var count: Int { buckets.count }
  /// Entries that were moved to make room, ever: growth must not come in lumps.
  var entriesMoved: UInt64 { buckets.entriesMoved }

  /// The number that `isWanted`, among those whose rows may have this hash.
  @inline(__always)
  func find(_ hash: UInt64, where isWanted: (UInt32) -> Bool) -> UInt32? {
    let bucket = buckets.bucket(of: hash)
    guard let at = buckets.find(hash, in: bucket, where: isWanted) else { return nil }
    return buckets.entry(at, in: bucket)
  }

  /// Adds a number that is not there. `hashOf` looks into the rows: all of them, also the new one,
  /// are there.
  @inline(__always)
  mutating func insert(_ number: UInt32, _ hash: UInt64, hashOf: (UInt32) -> UInt64) {
    buckets.add(number, hash, hashOf: hashOf)
  }

  /// False when the number is not there.
  mutating func remove(_ number: UInt32, _ hash: UInt64) -> Bool {
    let bucket = buckets.bucket(of: hash)
    guard let at = buckets.find(hash, in: bucket, where: { $0 == number }) else { return false }
    buckets.remove(at, in: bucket)
    return true
  }
}
