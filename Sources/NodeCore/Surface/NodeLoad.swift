import RaftConsensus

/// How much waits in one lane's core, and for what.
package struct NodeLoad: Sendable, Equatable {
  /// Commands that wait for a turn, and their bytes.
  package var mailboxCommands = 0
  package var mailboxBytes = 0
  /// Commands in entries that are not committed yet.
  package var proposedCommands = 0
  package var waitingReads = 0
  package var persistsUnderWay = 0
  package var groups = 0
  package var groupsLed = 0
}

extension NodeCore {
  package var load: NodeLoad {
    var load = NodeLoad()
    load.mailboxCommands = intake.commands
    load.mailboxBytes = intake.bytes
    load.waitingReads = readsWaiting
    load.persistsUnderWay = persistence.underWay
    load.groups = groups.count
    for at in groups.indices {
      load.proposedCommands += groups[at].proposals.tokenCount
      if groups[at].raft.role == .leader { load.groupsLed += 1 }
    }
    return load
  }
}
