import ArgumentParser
import Foundation
import RaftScript

/// Runs scripts of quorums, configuration changes and small clusters against the consensus core.
struct RaftScriptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "raft-script",
    abstract:
      "Run golden scripts against the consensus core: etcd's raft suite, and our own stories.",
    discussion: "Exits 0 only if every file passes. Our own are in Tests/Scripts.")

  @Argument(help: "Files in the datadriven form; their commands say of which kind they are.")
  var files: [String]

  @Flag(help: "Write what is printed now into the files. Read the difference before you keep it.")
  var rewrite = false

  func run() throws {
    if rewrite { return try files.forEach(rewrite) }
    var allPass = true
    for file in files {
      let text = verdict(on: file)
      print("\(file): \(text ?? "pass")")
      if text != nil { allPass = false }
    }
    if !allPass { throw ExitCode(1) }
  }

  private func rewrite(_ file: String) throws {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let new = try rewriteScript(text)
    guard new != text else { return print("\(file): unchanged") }
    try new.write(toFile: file, atomically: true, encoding: .utf8)
    print("\(file): rewritten")
  }

  /// Nil: it passes.
  private func verdict(on file: String) -> String? {
    do {
      let text = try String(contentsOfFile: file, encoding: .utf8)
      let report = try runScript(text)
      return report.difference.map {
        "\(report.passed) of \(report.stanzas) stanzas; the first difference:\n\($0.text)"
      }
    } catch {
      return "\(error)"
    }
  }
}
