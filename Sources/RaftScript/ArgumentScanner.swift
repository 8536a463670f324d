/// Takes a command line apart: `command word key=value key=(value, value)`.
struct ArgumentScanner {
  private let characters: [Character]
  private let line: Int
  private var at = 0

  init(_ text: String, line: Int) {
    characters = Array(text)
    self.line = line
  }

  func scan() throws(ScriptError) -> (command: String, arguments: [Stanza.Argument]) {
    var scanner = self
    let command = scanner.word()
    var arguments: [Stanza.Argument] = []
    while scanner.skipSpace() { arguments.append(try scanner.argument()) }
    return (command, arguments)
  }

  private mutating func argument() throws(ScriptError) -> Stanza.Argument {
    let key = word()
    guard !key.isEmpty else { throw ScriptError(line: line, "argument without a name") }
    guard at < characters.count, characters[at] == "=" else {
      return Stanza.Argument(key: key, values: [])
    }
    at += 1
    guard at < characters.count, characters[at] == "(" else {
      return Stanza.Argument(key: key, values: [rest()])
    }
    at += 1
    return Stanza.Argument(key: key, values: try list())
  }

  private mutating func list() throws(ScriptError) -> [String] {
    var text = ""
    while at < characters.count, characters[at] != ")" {
      text.append(characters[at])
      at += 1
    }
    guard at < characters.count else { throw ScriptError(line: line, "list without an end") }
    at += 1
    guard !trimmedText(text).isEmpty else { return [] }
    return text.split(separator: ",", omittingEmptySubsequences: false)
      .map { trimmedText(String($0)) }
  }

  /// False at the end.
  private mutating func skipSpace() -> Bool {
    while at < characters.count, characters[at].isWhitespace { at += 1 }
    return at < characters.count
  }

  /// Up to a space or `=`.
  private mutating func word() -> String {
    var text = ""
    while at < characters.count, !characters[at].isWhitespace, characters[at] != "=" {
      text.append(characters[at])
      at += 1
    }
    return text
  }

  /// Up to a space.
  private mutating func rest() -> String {
    var text = ""
    while at < characters.count, !characters[at].isWhitespace {
      text.append(characters[at])
      at += 1
    }
    return text
  }
}
