import ArgumentParser
import Foundation
import GRPCTransport

/// Reserves stock across regions; see README.md.
@main
struct Holdfast: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "holdfast",
    abstract: "Reserve stock across regions, and never promise a unit twice.",
    version: "0.1.0",
    subcommands: [DevCommand.self, ServeCommand.self] + clientCommands
      + [AuditCommand.self, RaftScriptCommand.self, SimulateCommand.self])

  /// Exit codes: 0 done; 1 refused, or an audit failed; 2 usage; 3 no answer in time, outcome
  /// unknown; 4 not allowed.
  static func main() async {
    MemorySettings.keepFreedMemory()
    TLSRuntime.keepUntilTheEnd()
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      let code = exitCode(for: error)
      guard code.isSuccess == false, code == .validationFailure else { exit(withError: error) }
      FileHandle.standardError.write(Data((fullMessage(for: error) + "\n").utf8))
      Foundation.exit(2)
    }
  }
}
