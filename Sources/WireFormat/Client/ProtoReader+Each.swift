extension ProtoReader {
  /// Reads every field; false when the message is malformed.
  static func each(
    _ bytes: UnsafeRawBufferPointer, _ take: (inout ProtoReader) -> Void
  ) -> Bool {
    var reader = unsafe ProtoReader(bytes)
    while reader.next() { take(&reader) }
    return !reader.isMalformed
  }
}
