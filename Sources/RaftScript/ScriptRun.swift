/// Carries out the commands of one kind of script.
protocol ScriptDriver {
  static var commands: [String] { get }
  /// What the command prints.
  mutating func run(_ stanza: Stanza) throws(ScriptError) -> String
}

/// The kinds of script that there are; a file's commands say which it is.
package enum ScriptKind: Hashable, Sendable {
  case quorum, change, interaction, story
}

/// How a file fared.
package struct ScriptReport: Sendable {
  package var stanzas = 0
  package var passed = 0
  package var difference: Difference?

  /// The first stanza that printed something else.
  package struct Difference: Sendable {
    package var line: Int
    package var command: String
    package var expected: String
    package var actual: String

    package var text: String {
      "line \(line): \(command)\n--- expected\n\(expected)--- actual\n\(actual)"
    }
  }
}

/// Runs a script from its text.
package func runScript(_ text: String) throws(ScriptError) -> ScriptReport {
  let script = try ScriptText(text)
  switch try kind(of: script) {
  case .quorum: return try run(script, QuorumDriver())
  case .change: return try run(script, ChangeDriver())
  case .interaction: return try runInteraction(script)
  case .story: return try run(script, StoryDriver())
  }
}

/// The script's text with what its stanzas print now in place of what was expected. Only for scripts
/// that are compared to the byte.
package func rewriteScript(_ text: String) throws(ScriptError) -> String {
  let script = try ScriptText(text)
  var outputs: [String] = []
  switch try kind(of: script) {
  case .quorum: outputs = try printed(script, QuorumDriver())
  case .change: outputs = try printed(script, ChangeDriver())
  case .story: outputs = try printed(script, StoryDriver())
  case .interaction: throw ScriptError(line: 1, "a trace of another implementation stays as it is")
  }
  return script.rewriting(text, outputs: outputs)
}

private func kind(of script: ScriptText) throws(ScriptError) -> ScriptKind {
  guard let first = script.stanzas.first else { throw ScriptError(line: 1, "no commands") }
  if first.command == StoryDriver.opening { return .story }
  for stanza in script.stanzas {
    if QuorumDriver.commands.contains(stanza.command) { return .quorum }
    if ChangeDriver.commands.contains(stanza.command) { return .change }
    if InteractionDriver.commands.contains(stanza.command) { return .interaction }
  }
  throw ScriptError(line: first.line, "unknown command \(first.command)")
}

/// What each stanza prints.
private func printed<Driver: ScriptDriver>(
  _ script: ScriptText, _ driver: Driver
) throws(ScriptError) -> [String] {
  var driver = driver
  var outputs: [String] = []
  for stanza in script.stanzas {
    guard Driver.commands.contains(stanza.command) else {
      throw ScriptError(line: stanza.line, "unknown command \(stanza.command)")
    }
    outputs.append(try driver.run(stanza))
  }
  return outputs
}

private func run<Driver: ScriptDriver>(
  _ script: ScriptText, _ driver: Driver
) throws(ScriptError) -> ScriptReport {
  var report = ScriptReport()
  for (stanza, actual) in zip(script.stanzas, try printed(script, driver)) {
    report.stanzas += 1
    if actual == stanza.expected {
      report.passed += 1
    } else if report.difference == nil {
      report.difference = ScriptReport.Difference(
        line: stanza.line, command: stanza.command, expected: stanza.expected, actual: actual)
    }
  }
  return report
}

private func runInteraction(_ script: ScriptText) throws(ScriptError) -> ScriptReport {
  var driver = InteractionDriver()
  var report = ScriptReport()
  for stanza in script.stanzas {
    let difference = try driver.run(stanza)
    report.stanzas += 1
    if difference == nil { report.passed += 1 }
    if report.difference == nil { report.difference = difference }
  }
  if report.difference == nil, let last = script.stanzas.last {
    report.difference = driver.settled(last)
  }
  return report
}
