import Primitives

extension Leader {
  /// The end of a turn: commits, answers reads, and sends each follower what it lacks.
  mutating func endTurn(core: inout GroupCore) {
    advanceCommit(core: &core)
    leaveJoint(core: &core)
    let beginsRound = reads.start()
    answerReads(core: &core)
    for at in others.indices {
      replicate(at: at, core: &core)
      let isBehind = others[at].commitSent < min(others[at].match, core.log.committed)
      if heartbeatIsDue || beginsRound || isBehind { sendHeartbeat(at: at, core: &core) }
    }
    heartbeatIsDue = false
    dismiss(core)
    sendTransfer(core: &core)
  }

  /// Tells no more of the commit index than the follower is known to have (rule C7).
  private mutating func sendHeartbeat(at: Int, core: inout GroupCore) {
    #if HOLDFAST_MUTANTS
      let commit =
        Mutant.heartbeatCommitUnbounded.isPlanted
        ? core.log.committed : min(others[at].match, core.log.committed)
    #else
      let commit = min(others[at].match, core.log.committed)
    #endif
    core.send(
      .heartbeat(commit: commit, readRound: reads.started), to: others[at].member)
    others[at].commitSent = max(others[at].commitSent, commit)
  }

  private mutating func replicate(at: Int, core: inout GroupCore) {
    switch others[at].flow {
    case .probe(let isWaiting):
      guard !isWaiting, others[at].match < core.log.lastIndex else { return }
      _ = sendBatch(at: at, core: &core)
    case .replicate:
      while hasRoom(at: at, core: core), others[at].next <= core.log.lastIndex {
        guard sendBatch(at: at, core: &core) else { return }
      }
    case .snapshot: continueSnapshot(at: at, core: &core)
    }
  }

  private func hasRoom(at: Int, core: GroupCore) -> Bool {
    guard case .replicate(let window) = others[at].flow else { return false }
    return !window.isFull(core.settings)
  }

  /// Sends the next entries, or begins to fetch them; false when nothing more can be sent now.
  private mutating func sendBatch(at: Int, core: inout GroupCore) -> Bool {
    guard others[at].loading == .idle else { return false }
    let next = others[at].next
    switch core.log.batch(from: next, maxBytes: core.settings.appendBytesMax) {
    case .entries(let previous, let entries):
      send(entries, behind: previous, at: at, core: &core)
      return true
    case .onDisk(let upTo):
      others[at].startLoading()
      core.outbox.loads.append(
        LoadRequest(
          member: others[at].member, term: term, from: next, upTo: upTo,
          maxBytes: core.settings.appendBytesMax))
      return false
    case .compacted:
      others[at].startSnapshot(core.log.mark)
      core.outbox.events.append(
        .snapshotSendStarted(to: others[at].member, index: core.log.mark.index))
      continueSnapshot(at: at, core: &core)
      return false
    }
  }

  private mutating func send(
    _ entries: [Entry], behind previous: LogPosition, at: Int, core: inout GroupCore
  ) {
    let append = Append(previous: previous, entries: entries, commit: core.log.committed)
    core.send(.append(append), to: others[at].member)
    // Of its commit index the follower takes what the append reaches.
    others[at].commitSent = max(others[at].commitSent, min(append.lastIndex, append.commit))
    others[at].sent(upTo: append.lastIndex, bytes: entries.reduce(0) { $0 + $1.weight })
  }

  /// An append without entries behind everything that was sent.
  mutating func sendEmpty(at: Int, core: inout GroupCore) {
    let previous = others[at].next.previous
    guard let term = core.log.term(at: previous) else {
      others[at].beginAgain()
      return
    }
    send([], behind: LogPosition(term: term, index: previous), at: at, core: &core)
  }
}

// MARK: - What shells bring

extension Leader {
  /// Entries from the disk; they are sent if the follower still waits for exactly these. Without
  /// them it waits for the next heartbeat, or for a snapshot that stands for them.
  mutating func loaded(_ request: LoadRequest, entries: [Entry], core: inout GroupCore) {
    guard request.term == term, let at = progress(of: request.member),
      others[at].loading == .underWay,
      others[at].next == request.from
    else { return }
    guard let first = entries.first, first.index == request.from else {
      // Asked again at once it would say the same. A snapshot of what they led to does as well.
      others[at].failLoading()
      core.outbox.events.append(.entriesUnreadable(from: request.from, for: request.member))
      return
    }
    others[at].stopLoading()
    guard let before = core.log.term(at: request.from.previous) else { return }
    for entry in entries {
      precondition(
        core.log.term(at: entry.index) == entry.term,
        "loaded entry \(entry.index.rawValue) of term \(entry.term.rawValue) isn't the log's")
    }
    let previous = LogPosition(term: before, index: request.from.previous)
    send(entries, behind: previous, at: at, core: &core)
  }

  private mutating func continueSnapshot(at: Int, core: inout GroupCore) {
    guard case .snapshot(var transfer) = others[at].flow else { return }
    if let offer = transfer.takeOffer() {
      core.send(.snapshotChunk(offer), to: others[at].member)
    }
    if let offset = transfer.takeRead(core.settings) {
      core.outbox.snapshotReads.append(
        SnapshotRead(
          member: others[at].member, term: term, mark: transfer.mark, offset: offset,
          maxBytes: core.settings.snapshotChunkBytes))
    }
    others[at].update(transfer)
  }

  /// Bytes of a snapshot; nil when the shell no longer has it.
  mutating func snapshotRead(
    _ request: SnapshotRead, bytes: [UInt8]?, isLast: Bool, core: inout GroupCore
  ) {
    guard request.term == term, let at = progress(of: request.member),
      case .snapshot(var transfer) = others[at].flow, transfer.mark == request.mark
    else { return }
    guard let bytes else {
      others[at].abandonSnapshot()
      return
    }
    let chunk = transfer.take(bytes, at: request.offset, isLast: isLast)
    others[at].update(transfer)
    if let chunk { core.send(.snapshotChunk(chunk), to: others[at].member) }
  }
}
