// Comma-separated values as RFC 4180 has them, read strictly: a row that breaks the rules is
// reported with its line and its reason, and reading goes on with the next line.

import Primitives

/// A row that could not be read, and why.
package struct CSVFault: Hashable, Sendable {
  /// The line on which the row starts; the first line of the file is 1.
  package var line: Int
  package var reason: String
}

/// One row: its fields' bytes lie back to back in one buffer that the reader uses again.
package struct CSVRow: Sendable {
  package fileprivate(set) var line = 0
  package fileprivate(set) var bytes: [UInt8] = []
  fileprivate var ends: [Int] = []

  package init() {}

  package var count: Int { ends.count }

  package subscript(field: Int) -> ArraySlice<UInt8> {
    bytes[(field == 0 ? 0 : ends[field - 1])..<ends[field]]
  }

  /// The same fields give the same value, however they were quoted.
  var fingerprint: Hash128 {
    var seed = UInt64(ends.count)
    for end in ends { seed = seed &* 0x0000_0100_0000_01B3 ^ UInt64(end) }
    return unsafe bytes.withUnsafeBytes { unsafe Hash128($0, seed: seed) }
  }
}

/// Walks over a whole file in memory.
package struct CSVReader: Sendable {
  /// Bounds what an unclosed quote can swallow before it is called one.
  package static let rowBytesMax = 65_536
  /// More columns than any order file has; bounds the row of a hostile one.
  package static let fieldsMax = 256

  package enum Step: Sendable {
    case row
    case fault(CSVFault)
    case end
  }

  private let input: [UInt8]
  private var offset: Int
  private var line = 1

  package init(_ input: [UInt8]) {
    self.input = input
    offset = input.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// How far reading has come, for progress.
  package var position: Int { offset }

  /// Reads the next row that is not blank.
  package mutating func next(into row: inout CSVRow) -> Step {
    skipBlankLines()
    guard offset < input.count else { return .end }
    row.line = line
    row.bytes.removeAll(keepingCapacity: true)
    row.ends.removeAll(keepingCapacity: true)
    let start = (offset: offset, line: line)
    guard let reason = readFields(into: &row) else { return .row }
    // What looked like a row was none, so its first line alone is given up.
    offset = start.offset
    line = start.line
    skipLine()
    return .fault(CSVFault(line: start.line, reason: reason))
  }

  /// The reason why there is no row here, or nothing when `row` holds one.
  private mutating func readFields(into row: inout CSVRow) -> String? {
    let rowStart = offset
    while true {
      let reason =
        offset < input.count && input[offset] == quote
        ? readQuoted(into: &row, rowStart: rowStart) : readPlain(into: &row, rowStart: rowStart)
      if let reason { return reason }
      row.ends.append(row.bytes.count)
      guard offset < input.count else { return nil }
      switch input[offset] {
      case comma:
        offset += 1
        if row.ends.count >= Self.fieldsMax { return "more than \(Self.fieldsMax) fields" }
      case newline:
        offset += 1
        line += 1
        return nil
      default:  // a carriage return with its newline: the field readers let nothing else through
        offset += 2
        line += 1
        return nil
      }
    }
  }

  private mutating func readPlain(into row: inout CSVRow, rowStart: Int) -> String? {
    let start = offset
    var end = offset
    while end < input.count {
      let byte = input[end]
      if byte == comma || byte == newline { break }
      if byte == quote { return "a quote inside an unquoted field" }
      if byte == carriageReturn {
        if isLineEnd(end) { break }
        return "a carriage return without its newline"
      }
      end += 1
    }
    if end - rowStart > Self.rowBytesMax { return "a row of more than \(Self.rowBytesMax) bytes" }
    row.bytes.append(contentsOf: input[start..<end])
    offset = end
    return nil
  }

  private mutating func readQuoted(into row: inout CSVRow, rowStart: Int) -> String? {
    offset += 1
    while offset < input.count, offset - rowStart <= Self.rowBytesMax {
      let byte = input[offset]
      offset += 1
      if byte == newline { line += 1 }
      if byte != quote {
        row.bytes.append(byte)
      } else if offset < input.count, input[offset] == quote {
        row.bytes.append(quote)
        offset += 1
      } else {
        return fieldEnds(offset) ? nil : "text after a closing quote"
      }
    }
    return "a quote that is never closed"
  }

  private func fieldEnds(_ at: Int) -> Bool {
    at >= input.count || input[at] == comma || input[at] == newline || isLineEnd(at)
  }

  private func isLineEnd(_ at: Int) -> Bool {
    input[at] == carriageReturn && at + 1 < input.count && input[at + 1] == newline
  }

  private mutating func skipBlankLines() {
    while offset < input.count {
      if input[offset] == newline {
        offset += 1
      } else if isLineEnd(offset) {
        offset += 2
      } else {
        return
      }
      line += 1
    }
  }

  private mutating func skipLine() {
    while offset < input.count {
      offset += 1
      if input[offset - 1] == newline {
        line += 1
        return
      }
    }
  }
}

private let comma = UInt8(ascii: ",")
private let quote = UInt8(ascii: "\"")
private let newline = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")
