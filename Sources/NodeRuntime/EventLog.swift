import GRPCTransport
import Logging

import LogStorage
import NodeCore
import Primitives
import StockLedger
import Synchronization

/// Turns what the cores report into structured log lines: constant messages, ids as metadata.
final class EventLog: Sendable {
  let logger: Logger
  private let loadFailures = Mutex(SparseNotes(every: 10_000_000_000))

  init(_ logger: Logger) {
    self.logger = logger
  }

  func note(_ event: NodeEvent) {
    switch event {
    case .becameLeader(let shard, let term):
      info("became leader", shard, ["term": "\(term.rawValue)"])
    case .steppedDown(let shard, let term):
      info("stepped down", shard, ["term": "\(term.rawValue)"])
    case .opened(let shard, let members):
      info("opened group", shard, ["members": "\(members.map(\.rawValue))"])
    case .closed(let shard):
      info("closed group: this node's seat was taken away", shard, [:])
    case .clockStepped(let shard, let milliseconds):
      warn("log time stepped forward", shard, ["milliseconds": "\(milliseconds)"])
    case .ownClockOff(let milliseconds):
      logger.error(
        "own clock is off the cluster's median", metadata: ["milliseconds": "\(milliseconds)"])
    case .ownClockGood:
      logger.notice("own clock agrees with the cluster's median")
    case .clockPairDisagrees(let microseconds):
      logger.error(
        "own clocks run apart; no reads by lease", metadata: ["microseconds": "\(microseconds)"])
    case .clockPairAgrees:
      logger.notice("own clocks agree with each other; reads by lease again")
    case .leaseTooShort(let shard, let milliseconds):
      warn(
        "entries commit later than their lease lasts; raise consensus.lease_ms", shard,
        ["lease_ms": "\(milliseconds)"])
    case .outcomesUnknown(let shard, let count):
      warn("leadership lost with calls under way", shard, ["calls": "\(count)"])
    case .leaderChanged(let shard, let term, let leader):
      info(
        "leader changed", shard,
        ["term": "\(term.rawValue)", "leader": "\(leader?.rawValue ?? 0)"])
    case .electionStarted(let shard, let term):
      info("standing for election", shard, ["term": "\(term.rawValue)"])
    case .membersChanged(let shard, let index, let members):
      info(
        "members changed", shard,
        [
          "index": "\(index.rawValue)", "voters": "\(members.voters.map(\.rawValue))",
          "learners": "\(members.learners.map(\.rawValue))", "joint": "\(members.isJoint)",
        ])
    case .transferStarted(let shard, let node):
      info("handing the lead over", shard, ["to": "\(node.rawValue)"])
    case .transferFailed(let shard, let node):
      warn("lead was not taken over in time", shard, ["to": "\(node.rawValue)"])
    case .repaired(let shard, let index):
      warn("member is repaired and votes again", shard, ["index": "\(index.rawValue)"])
    case .snapshotTaken(let shard, let index):
      info("snapshot taken", shard, ["index": "\(index.rawValue)"])
    case .snapshotSaved(let shard, let index):
      info("snapshot saved", shard, ["index": "\(index.rawValue)"])
    case .snapshotSending(let shard, let node, let index):
      info("sending snapshot", shard, ["index": "\(index.rawValue)", "to": "\(node.rawValue)"])
    case .snapshotInstalled(let shard, let index):
      info("snapshot installed", shard, ["index": "\(index.rawValue)"])
    case .snapshotRefused(let shard, let mark):
      warn("received snapshot is no good", shard, ["index": "\(mark.rawValue)"])
    case .rowsMissing(let shard, let index):
      alarm("the disk is older than what this member acknowledged; it has no vote", shard, index)
    case .rulesUnknown(let shard, let rules, let known):
      logger.critical(
        "the ledger's rules are newer than this build; nothing more is applied: start the newer build",
        metadata: [
          "shard": "\(shard.rawValue)", "rules": "\(rules.rawValue)", "known": "\(known.rawValue)",
        ])
    case .takenOut(let shard, let index):
      alarm("a majority has another ledger; this member is rebuilt", shard, index)
    case .shardStopped(let shard, let index):
      alarm(
        "no ledger has a majority; the shard takes no commands and gives no reads", shard, index)
    case .shardResumed(let shard, let index):
      warn("a majority has this ledger; the shard goes on", shard, ["index": "\(index.rawValue)"])
    case .digestMismatch(let shard, let index, let node):
      logger.critical(
        "members disagree on the ledger's digest",
        metadata: [
          "shard": "\(shard.rawValue)", "index": "\(index.rawValue)", "with": "\(node.rawValue)",
        ])
    }
  }

  /// Another disk came under a node's number (rule C9).
  func note(stranger node: NodeID, disk: DiskName, known: DiskName) {
    logger.error(
      "refused a node that came with another disk; remove its seats and give the machine a new number",
      metadata: ["from": "\(node.rawValue)", "disk": "\(disk)", "known": "\(known)"])
  }

  /// A peer refuses to listen to this node, and will go on so.
  func note(refusedBy node: NodeID, _ status: GRPCStatus) {
    logger.error(
      "another node refuses to listen to this one",
      metadata: ["by": "\(node.rawValue)", "reason": "\(status.message)"])
  }

  /// A follower that needs what can't be read asks with every heartbeat; one line in ten seconds
  /// says it as well.
  func note(loadFailed work: LoadWork, _ error: StorageError, now: ClockReading) {
    let failures = loadFailures.withLock { $0.count(work.shard, now: now) }
    guard let failures else { return }
    warn(
      "log could not be read for a follower", work.shard,
      ["error": "\(error)", "failures": "\(failures)"])
  }

  private func info(_ message: Logger.Message, _ shard: ShardID, _ fields: Logger.Metadata) {
    logger.info(message, metadata: fields.merging(["shard": "\(shard.rawValue)"]) { $1 })
  }

  /// Somebody has to look at it.
  private func alarm(_ message: Logger.Message, _ shard: ShardID, _ index: LogIndex) {
    logger.critical(
      message, metadata: ["shard": "\(shard.rawValue)", "index": "\(index.rawValue)"])
  }

  private func warn(_ message: Logger.Message, _ shard: ShardID, _ fields: Logger.Metadata) {
    logger.warning(message, metadata: fields.merging(["shard": "\(shard.rawValue)"]) { $1 })
  }
}
