import Testing

@testable import RaftScript

@Suite struct ScriptTextTests {
  @Test func stanzasHaveCommandInputAndExpectation() throws {
    let script = try ScriptText(
      """
      # A comment.
      vote cfg=(1, 2) votes=(y,_) plain 7
      ----
      VotePending

      simple
      v1 v2
      ----
      a
      b
      """)
    #expect(script.stanzas.count == 2)
    #expect(script.stanzas[0].values("cfg") == ["1", "2"])
    #expect(script.stanzas[0].values("plain") == [])
    #expect(script.stanzas[0].numbers == [7])
    #expect(script.stanzas[0].expected == "VotePending\n")
    #expect(script.stanzas[1].input == "v1 v2")
    #expect(script.stanzas[1].expected == "a\nb\n")
  }

  @Test func outputWithBlankLinesStandsBetweenDoubledSeparators() throws {
    let script = try ScriptText("a\n----\n----\nx\n\ny\n----\n----\n\nb\n----\n")
    #expect(script.stanzas.map(\.expected) == ["x\n\ny\n", ""])
    #expect(throws: ScriptError.self) { _ = try ScriptText("a b\nc") }
    #expect(throws: ScriptError.self) { _ = try ScriptText("a b=(1\n----\n") }
  }

  @Test func aWrongExpectationIsADifference() throws {
    let report = try runScript("vote cfg=(1) votes=(y)\n----\nVoteLost\n")
    #expect(report.passed == 0)
    #expect(report.difference?.actual == "VoteWon\n")
    #expect(throws: ScriptError.self) { _ = try runScript("unheard-of\n----\nok\n") }
    let change = try runScript("simple\nl1\n----\nremoved all voters\n")
    #expect(change.passed == 1)
  }
}
