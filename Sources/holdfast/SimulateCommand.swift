import ArgumentParser
import Foundation
import Simulation

/// The deterministic simulator; `holdfast-sim` is the same as a program of its own.
struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sim",
    abstract: "Play whole clusters on virtual time, with faults, and look for anything wrong.",
    discussion: SimCommand.usage)

  @Argument(
    parsing: .captureForPassthrough,
    help: "As for holdfast-sim; `holdfast sim -- --help` lists them.")
  var options: [String] = []

  func run() throws {
    var running = ""
    let words = options.first == "--" ? Array(options.dropFirst()) : options
    let code = SimSession.run(
      words, randomSeeds: { UInt64.random(in: 0...(.max)) },
      seconds: { ProcessInfo.processInfo.systemUptime }, print: { print($0) },
      complain: { FileHandle.standardError.write(Data(($0 + "\n").utf8)) },
      isRunning: { running = $0 })
    // Kept for a debugger: in this program a trap is reported by the runtime alone.
    withExtendedLifetime(running) {}
    if code != 0 { throw ExitCode(code) }
  }
}
