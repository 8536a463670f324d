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
    let words = options.first == "--" ? Array(options.dropFirst()) : options
    // In this program a trap is reported by the runtime alone.
    let host = SimHost(
      randomSeed: { UInt64.random(in: 0...(.max)) },
      seconds: { ProcessInfo.processInfo.systemUptime }, print: { print($0) },
      complain: { FileHandle.standardError.write(Data(($0 + "\n").utf8)) },
      isRunning: { _ in }, runAgain: Self.runAgain,
      commit: ProcessInfo.processInfo.environment["HOLDFAST_COMMIT"])
    let code = SimSession.run(words, on: host)
    if code != 0 { throw ExitCode(code) }
  }

  private static func runAgain(_ words: [String]) -> [String] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["sim"] + words
    let pipe = Pipe()
    process.standardOutput = pipe
    do { try process.run() } catch { return ["seed: TRAPPED; it could not be started: \(error)"] }
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let lines = String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    return process.terminationReason == .uncaughtSignal ? lines + ["seed: TRAPPED"] : lines
  }
}
