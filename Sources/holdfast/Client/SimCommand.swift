import ArgumentParser
import Foundation

/// `holdfast sim`: the simulator is a program of its own, without any package, that lies beside
/// this one.
struct SimCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sim", abstract: "Play whole clusters on virtual time, with faults, from seeds.",
    discussion: "Everything after `sim` goes to holdfast-sim; `holdfast sim --help` shows it.")

  @Argument(parsing: .captureForPassthrough, help: "What holdfast-sim is told.")
  var arguments: [String] = []

  func run() throws {
    let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let program = own.deletingLastPathComponent().appendingPathComponent("holdfast-sim").path
    var words: [UnsafeMutablePointer<CChar>?] = unsafe ([program] + arguments).map {
      unsafe strdup($0)
    }
    unsafe words.append(nil)
    unsafe execv(program, words)
    // It comes back only when there is no such program.
    say("Error: \(program) is not there; `swift build -c release --product holdfast-sim` makes it")
    throw Exit.usage
  }
}
