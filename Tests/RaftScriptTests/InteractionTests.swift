import Testing

@testable import RaftScript

/// Scripts of our own: that the driver compares what it says it does, and what the core does where
/// the suite has no script.
@Suite struct InteractionTests {
  private static let start = """
    log-level none
    ----
    ok

    add-nodes 3 voters=(1,2,3) index=2
    ----
    ok

    campaign 1
    ----
    ok

    stabilize
    ----
    ok

    log-level info
    ----
    ok


    """

  private func difference(_ script: String) throws -> String? {
    try runScript(Self.start + script).difference?.actual
  }

  @Test func statesLogsAndProgressAreComparedToTheByte() throws {
    let good = """
      raft-state
      ----
      1: StateLeader (Voter) Term:1 Lead:1
      2: StateFollower (Voter) Term:1 Lead:1
      3: StateFollower (Voter) Term:1 Lead:1

      raft-log 2
      ----
      1/3 EntryNormal ""

      status 1
      ----
      1: StateReplicate match=3 next=4
      2: StateReplicate match=3 next=4
      3: StateReplicate match=3 next=4
      """
    #expect(try difference(good) == nil)
    for (old, new) in [
      ("1: StateLeader", "1: StateFollower"),
      ("(Voter) Term:1 Lead:1\n3", "(Voter) Term:1 Lead:0\n3"),
      ("1/3 EntryNormal", "1/4 EntryNormal"),
      ("2: StateReplicate match=3", "2: StateProbe match=3"),
    ] {
      let bad = good.replacing(old, with: new)
      #expect(bad != good)
      #expect(try difference(bad) != nil, "\(new)")
    }
  }

  @Test func whatATraceImpliesIsCompared() throws {
    let good = """
      propose 1 foo
      ----
      ok

      stabilize
      ----
      > 2 handling Ready
        Ready MustSync=false:
        HardState Term:1 Vote:1 Commit:4
        CommittedEntries:
        1/4 EntryNormal "foo"
        Messages:
        2->1 MsgAppResp Term:1 Log:0/4
      """
    #expect(try difference(good) == nil)
    #expect(
      try difference(good.replacing("Commit:4", with: "Commit:3"))
        == "member 2: term 1 vote 1 commit 4\n")
    #expect(try difference(good.replacing("Vote:1 ", with: "")) != nil)
    #expect(
      try difference(good.replacing("\"foo\"", with: "\"bar\""))
        == "member 2: committed 1/4 EntryNormal \"foo\"\n")
    #expect(try difference(good.replacing("> 2 handling", with: "> 3 handling")) == nil)
    let members = good + "\n  INFO 2 switched to configuration voters=(1 2 3)\n"
    #expect(try difference(members) == nil)
    #expect(
      try difference(members.replacing("(1 2 3)", with: "(1 2)"))
        == "member 2: voters=(1 2 3)\n")
  }

  /// After something ran unseen, only what was committed is still known.
  @Test func whatRanUnseenIsNotCompared() throws {
    let script = """
      stabilize
      ----
      > 1 handling Ready
        HardState Term:9 Vote:1 Commit:3

      stabilize log-level=none
      ----
      ok
      """
    #expect(try difference(script) == "member 1: term 1 vote 1 commit 3\n")
    let unseen = script.replacing("stabilize\n----\n>", with: "stabilize 1\n----\n>")
    #expect(try difference(unseen) == nil)
  }

  @Test func ruleL7_theLeadIsHandedOverToAMemberThatJustCame() throws {
    let script = """
      add-nodes 1
      ----
      ok

      propose-conf-change 1 transition=explicit
      r1 v4
      ----
      ok

      stabilize log-level=none
      ----
      ok

      transfer-leadership from=1 to=4
      ----
      ok

      stabilize log-level=none
      ----
      ok

      raft-state
      ----
      1: StateFollower (Voter) Term:2 Lead:4
      2: StateFollower (Voter) Term:2 Lead:4
      3: StateFollower (Voter) Term:2 Lead:4
      4: StateLeader (Voter) Term:2 Lead:4

      propose-conf-change 4
      ----
      ok

      stabilize log-level=none
      ----
      ok

      raft-state
      ----
      1: StateFollower (Non-Voter) Term:2 Lead:4
      2: StateFollower (Voter) Term:2 Lead:4
      3: StateFollower (Voter) Term:2 Lead:4
      4: StateLeader (Voter) Term:2 Lead:4

      campaign 1
      ----
      ok

      stabilize log-level=none
      ----
      ok

      raft-log 1
      ----
      1/3 EntryNormal ""
      1/4 EntryConfChangeV2 r1 v4
      2/5 EntryNormal ""
      2/6 EntryConfChangeV2
      """
    #expect(try difference(script) == nil)
  }

  @Test func trap28_aFollowerBehindAFullWindowAndACompactedLogGetsASnapshot() throws {
    let script = """
      add-nodes 3 voters=(1,2,3) index=10 inflight=2
      ----
      ok

      """
    // A cluster of its own, with windows of two appends.
    let text = """
      log-level none
      ----
      ok

      \(script)
      campaign 1
      ----
      ok

      stabilize
      ----
      ok

      propose 1 a
      ----
      ok

      propose 1 b
      ----
      ok

      propose 1 c
      ----
      ok

      stabilize 1 2
      ----
      ok

      status 1
      ----
      1: StateReplicate match=14 next=15
      2: StateReplicate match=14 next=15
      3: StateReplicate match=11 next=14 paused inflight=2[full]

      deliver-msgs drop=3
      ----
      ok

      compact 1 13
      ----
      ok

      tick-heartbeat 1
      ----
      ok

      stabilize
      ----
      ok

      status 1
      ----
      1: StateReplicate match=14 next=15
      2: StateReplicate match=14 next=15
      3: StateReplicate match=14 next=15

      raft-log 3
      ----
      log is empty: first index=15, last index=14
      """
    #expect(try runScript(text).difference?.actual == nil)
  }
}
