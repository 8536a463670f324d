import Foundation
import Testing

/// Rule L9 in the shell: a core is given a clock reading that was taken when its input was in hand.
@Suite struct ClockOrderTests {
  private static let inputs = [
    "submit", "receive", "read", "tick", "endTurn", "open", "persisted", "loaded", "snapshotRead",
    "snapshotUnavailable", "snapshotSaved", "change", "transfer",
  ]

  /// These take a reading that was made just before, with all inputs in hand: a log line names it
  /// too, or a whole batch of reads shares it.
  private static let taken: Set = ["loaded", "read"]

  /// A reading that is kept in a property, a parameter or a closure from before the hop would be one
  /// from before the input: an entry that arrives then seems to have come earlier than it was made.
  @Test func ruleL9_everyInputReadsTheClockWhenItIsGiven() throws {
    var found: [String: Int] = [:]
    for (file, text) in try Self.sources() {
      for input in Self.inputs {
        for call in text.components(separatedBy: "core.\(input)(").dropFirst() {
          found[input, default: 0] += 1
          let arguments = String(call.prefix(160)).replacing("\n", with: " ")
          if Self.taken.contains(input) {
            let before = text.components(separatedBy: "core.\(input)(")[0]
            #expect(before.suffix(400).contains("let now = SystemClock.now()"), "\(file)")
          } else {
            let reading = arguments.firstRange(of: "now: ")
            let isFresh = reading.map {
              arguments[$0.upperBound...].hasPrefix("SystemClock.now()")
            }
            #expect(isFresh == true, "\(file): core.\(input)(\(arguments)")
          }
        }
      }
    }
    for input in Self.inputs { #expect(found[input] ?? 0 > 0, "\(input) is never called") }
  }

  private static func sources() throws -> [(file: String, text: String)] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/NodeRuntime")
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
    return try files.filter { $0.hasSuffix(".swift") }.map {
      ($0, try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8))
    }
  }
}
