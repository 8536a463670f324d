import Foundation
import Testing

@testable import RaftScript

@Suite struct PureSuiteTests {
  @Test(
    .enabled(if: AcceptanceSuite.isThere, "no HOLDFAST_ACCEPTANCE and no shared/acceptance"),
    arguments: [("quorum/testdata", 127), ("confchange/testdata", 58)])
  func stanzasOfTheSuiteAreMetToTheByte(folder: String, count: Int) throws {
    var passed = 0
    for file in try AcceptanceSuite.files(folder) {
      let report = try AcceptanceSuite.report(file)
      #expect(
        report.difference == nil, "\(file.lastPathComponent) \(report.difference?.text ?? "")")
      passed += report.passed
    }
    #expect(passed == count)
  }
}
