import Foundation
import Testing

@testable import RaftScript

/// Our own golden traces, `Tests/Scripts`. `holdfast raft-script --rewrite FILE` writes them anew.
@Suite struct StoryTests {
  static let files: [URL] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Scripts")
    let all = try? FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    return (all ?? []).filter { $0.pathExtension == "txt" }.sorted { $0.path < $1.path }
  }()

  @Test func theScriptsAreThere() { #expect(Self.files.count >= 8) }

  @Test(arguments: files)
  func everyStoryGoesAsWritten(file: URL) throws {
    let report = try runScript(String(contentsOf: file, encoding: .utf8))
    #expect(report.difference == nil, "\(file.lastPathComponent) \(report.difference?.text ?? "")")
    #expect(report.passed == report.stanzas && report.stanzas > 0)
  }

  @Test func rewritingChangesOutputsAndNothingElse() throws {
    let text = """
      # A comment.

      cluster voters=(1)
      ----
      something else

      # Another.
      propose 1 a
      ----
      wrong
      lines

      """
    let expected = """
      # A comment.

      cluster voters=(1)
      ----

      # Another.
      propose 1 a
      ----
           0  1 does not lead

      """
    #expect(try rewriteScript(text) == expected)
    #expect(try rewriteScript(expected) == expected)
  }

  @Test(arguments: [
    ("cluster voters=(1)\n----\n\ncampaign 2\n----\n", "names no member"),
    ("cluster voters=(1)\n----\n\nfly 1\n----\n", "unknown command fly"),
    ("cluster voters=(1)\n----\n\nrun 600001\n----\n", "at most 600000 milliseconds"),
    ("cluster voters=(x)\n----\n", "x is no number"),
    ("cluster voters=(1)\n----\n\nchange 1 promote=2\n----\n", "unknown step promote"),
  ])
  func aStoryThatCannotBeToldSaysWhy(text: String, reason: String) throws {
    do {
      _ = try runScript(text)
      Issue.record("it ran")
    } catch {
      #expect("\(error)".contains(reason), "\(error)")
    }
  }
}
