import ArgumentParser
import Foundation
import RaftScript

/// Runs scripts of quorums, configuration changes and small clusters against the consensus core.
struct RaftScriptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "raft-script",
    abstract: "Run golden scripts of etcd's raft suite against the consensus core.",
    discussion: "Exits 0 only if every file passes.")

  @Argument(help: "Files in the datadriven form; their commands say of which kind they are.")
  var files: [String]

  func run() throws {
    var allPass = true
    for file in files {
      let text = verdict(on: file)
      print("\(file): \(text ?? "pass")")
      if text != nil { allPass = false }
    }
    if !allPass { throw ExitCode(1) }
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
