/// A file of stanzas, each a command and what it is to print (the "datadriven" form): a line with
/// the command and its arguments, perhaps lines of input, `----`, and the expected output up to a
/// blank line. Output that has blank lines itself stands between two doubled separators.
package struct ScriptText: Sendable {
  package private(set) var stanzas: [Stanza] = []

  package init(_ text: String) throws(ScriptError) {
    var lines = Lines(text)
    while let line = lines.next() {
      let trimmed = trimmedText(line)
      if trimmed.isEmpty || trimmed.utf8.first == UInt8(ascii: "#") { continue }
      stanzas.append(try Self.stanza(from: trimmed, &lines))
    }
  }

  private static func stanza(
    from first: String, _ lines: inout Lines
  ) throws(ScriptError) -> Stanza {
    let number = lines.number
    var command = first
    while command.utf8.last == UInt8(ascii: "\\"), let more = lines.next() {
      command = String(command.dropLast()) + " " + trimmedText(more)
    }
    var input: [String] = []
    while true {
      guard let line = lines.next() else { throw ScriptError(line: number, "no separator") }
      if line == separator { break }
      input.append(line)
    }
    let (name, arguments) = try ArgumentScanner(command, line: number).scan()
    let separated = lines.number
    let expected = expected(&lines)
    return Stanza(
      line: number, command: name, arguments: arguments,
      input: trimmedText(input.joined(separator: "\n")), expected: expected,
      expectedLines: separated..<lines.number)
  }

  /// Every line with its end, so that the comparison is to the byte.
  private static func expected(_ lines: inout Lines) -> String {
    var text = ""
    guard var line = lines.next() else { return text }
    if line != separator {
      while !line.isEmpty {
        text += line + "\n"
        guard let following = lines.next() else { break }
        line = following
      }
      return text
    }
    while let next = lines.next() {
      if next == separator, lines.peek() == separator {
        _ = lines.next()
        break
      }
      text += next + "\n"
    }
    return text
  }

  private static let separator = "----"
}

/// One command and what is expected of it.
package struct Stanza: Hashable, Sendable {
  package var line: Int
  package var command: String
  package var arguments: [Argument]
  package var input: String
  package var expected: String
  /// Where that stands, and the blank line that ends it; the file's first line is 0.
  package var expectedLines: Range<Int>

  package struct Argument: Hashable, Sendable {
    package var key: String
    package var values: [String]
  }

  /// The values of an argument; nil where it isn't given.
  func values(_ key: String) -> [String]? { arguments.first { $0.key == key }?.values }

  func value(_ key: String) -> String? { values(key)?.first }

  /// Arguments without a value, in order: the numbers of nodes.
  var numbers: [UInt64] { arguments.filter { $0.values.isEmpty }.compactMap { UInt64($0.key) } }
}

/// A file that can't be read as a script, or a command that nobody knows.
package struct ScriptError: Error, CustomStringConvertible {
  package var line: Int
  package var reason: String

  init(line: Int, _ reason: String) {
    self.line = line
    self.reason = reason
  }

  package var description: String { "line \(line): \(reason)" }
}

/// The lines of a text, with their numbers.
private struct Lines {
  private let lines: [Substring]
  private(set) var number = 0

  init(_ text: String) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  mutating func next() -> String? {
    guard let line = peek() else { return nil }
    number += 1
    return line
  }

  func peek() -> String? { number < lines.count ? String(lines[number]) : nil }
}

extension ScriptText {
  /// The text with other outputs, one for each stanza; comments and commands stay as they are.
  func rewriting(_ text: String, outputs: [String]) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var result = ""
    var from = 0
    for (stanza, output) in zip(stanzas, outputs) {
      for line in lines[from..<stanza.expectedLines.lowerBound] { result += line + "\n" }
      result += output
      from = stanza.expectedLines.upperBound
      if from < lines.count { result += "\n" }
    }
    return result + lines[from...].joined(separator: "\n")
  }
}

func trimmedText(_ text: String) -> String {
  var part = text[...]
  while let first = part.first, first.isWhitespace { part.removeFirst() }
  while let last = part.last, last.isWhitespace { part.removeLast() }
  return String(part)
}
