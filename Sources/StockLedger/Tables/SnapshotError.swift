/// Why bytes are not a snapshot that this ledger can load.
package enum SnapshotError: Error, Equatable, Sendable {
  case notASnapshot
  case unknownVersion(UInt32)
  case frameTooLong(bytes: UInt32)
  case checksumMismatch(frame: UInt64)
  case tooMuchPending(bytes: Int)
  case bytesAfterEnd
  case endsEarly
  /// The frame is whole, yet what it says makes no sense to the ledger.
  case badContent(section: UInt32)
}
