import Foundation
import Testing

@testable import RaftScript

@Suite struct InteractionSuiteTests {
  /// Each is a difference in design; ARCHITECTURE.md says which.
  static let knownDifferences: Set<String> = [
    "confchange_v1_remove_leader.txt", "confchange_v1_remove_leader_stepdown.txt",
  ]

  @Test(.enabled(if: AcceptanceSuite.isThere, "no HOLDFAST_ACCEPTANCE and no shared/acceptance"))
  func scriptsOfTheSuiteHaveTheSameProjection() throws {
    for file in try AcceptanceSuite.files("interaction") {
      let name = file.lastPathComponent
      let report = try AcceptanceSuite.report(file)
      let text = report.difference?.text
      #expect((text != nil) == Self.knownDifferences.contains(name), "\(name): \(text ?? "passes")")
    }
  }
}
