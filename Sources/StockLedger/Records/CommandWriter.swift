package import Primitives

/// Appends command records to an entry's payload. The caller writes the body with the plain
/// `put` functions of `ByteWriter`, in the order of fields that `CommandReader` documents:
///
///     let mark = CommandWriter.begin(.confirm, requestID: id, firstSentAt: time, into: &out)
///     out.put(number)
///     out.put(OnExpired.refuse.rawValue)
///     CommandWriter.end(mark, into: &out)

package enum CommandWriter {
  /// Starts a record; the result is given to `end`.
  package static func begin(
    _ kind: UInt8, requestID: UnsafeRawBufferPointer, firstSentAt: Int64,
    into out: inout ByteWriter
  ) -> Int {
    let mark = out.count
    _ = out.put(atMost: 15 + requestID.count) {
      $0.put(UInt32(0))
      $0.put(kind)
      $0.put(UInt8(0))
      unsafe $0.put(short: requestID)
      $0.put(firstSentAt)
      return true
    }
    return mark
  }

  /// Starts a record; the result is given to `end`.
  package static func begin(
    _ kind: CommandKind, requestID: [UInt8] = [], firstSentAt: Int64 = Absent.time,
    into out: inout ByteWriter
  ) -> Int {
    unsafe requestID.withUnsafeBytes {
      unsafe begin(kind.rawValue, requestID: $0, firstSentAt: firstSentAt, into: &out)
    }
  }

  /// Completes the record that began at `mark`.
  package static func end(_ mark: Int, into out: inout ByteWriter) {
    out.patch(UInt32(out.count - mark - 4), at: mark)
  }

  /// A whole pulse: leader-made, does nothing in an entry of another term (rule C5).
  package static func pulse(term: Term, into out: inout ByteWriter) {
    let mark = begin(.pulse, into: &out)
    out.put(term.rawValue)
    end(mark, into: &out)
  }

  /// The payload of an entry that raises the version of the rules.
  package static func raise(to rules: RulesVersion) -> [UInt8] {
    var out = ByteWriter()
    let mark = begin(.raiseRules, into: &out)
    out.put(rules.rawValue)
    end(mark, into: &out)
    return out.bytes
  }

  /// A whole catalog update; `body` is what `MetaLedger.update(for:after:maxBytes:)` gave, and
  /// starts with a term that is overwritten with the term of the entry to be proposed.
  package static func catalogUpdate(body: [UInt8], term: Term, into out: inout ByteWriter) {
    let mark = begin(.catalogUpdate, into: &out)
    out.put(term.rawValue)
    unsafe body.withUnsafeBytes {
      unsafe out.put(raw: UnsafeRawBufferPointer(rebasing: $0.dropFirst(8)))
    }
    end(mark, into: &out)
  }
}
