// One `holdfast serve` child of `holdfast dev`: started, watched, started again a second after it
// died, and ended for good when asked.

import Foundation
import Synchronization

/// A child process that is kept running until it is stopped.
final class ServerProcess: Sendable {
  private struct State {
    var process: Process?
    /// The child ends when this pipe closes, so that none outlives a killed parent.
    var lifeline: Pipe?
    var stopping = false
  }

  private let arguments: [String]
  private let restarts: Bool
  private let name: String
  private let state = Mutex(State())

  init(name: String, arguments: [String], restarts: Bool) {
    self.name = name
    self.arguments = arguments
    self.restarts = restarts
  }

  /// The process id of the child that runs now; nil between a death and the restart.
  var pid: Int32? {
    state.withLock { $0.process.flatMap { $0.isRunning ? $0.processIdentifier : nil } }
  }

  func start() throws {
    let process = Process()
    let lifeline = Pipe()
    process.executableURL = URL(fileURLWithPath: try ownExecutable())
    process.arguments = arguments
    process.standardInput = lifeline
    process.standardOutput = FileHandle.standardError
    process.terminationHandler = { [self] process in ended(process) }
    try process.run()
    state.withLock {
      $0.process = process
      $0.lifeline = lifeline
    }
  }

  /// Asks the child to drain and end, and waits for it; kills it after ten seconds.
  func stop() {
    let process = state.withLock { state in
      state.stopping = true
      return state.process
    }
    guard let process, process.isRunning else { return }
    process.terminate()
    let deadline = Date().addingTimeInterval(10)
    while process.isRunning, Date() < deadline { Thread.sleep(forTimeInterval: 0.02) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  private func ended(_ process: Process) {
    let stopping = state.withLock { $0.stopping }
    guard !stopping else { return }
    let reason = process.terminationReason == .uncaughtSignal ? "signal" : "status"
    printError(
      "\(name) ended with \(reason) \(process.terminationStatus)\(restarts ? "; restarting" : "")")
    guard restarts else { return }
    DispatchQueue.global().asyncAfter(deadline: .now() + 1) { [self] in
      guard !state.withLock({ $0.stopping }) else { return }
      do { try start() } catch { printError("\(name) cannot be restarted: \(error)") }
    }
  }
}

/// The path of this binary, for children of the same version.
func ownExecutable() throws -> String {
  try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
}

/// Writes one line to standard error.
func printError(_ line: String) {
  FileHandle.standardError.write(Data((line + "\n").utf8))
}
