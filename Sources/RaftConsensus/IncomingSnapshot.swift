import Primitives

/// A snapshot that is being received.
struct IncomingSnapshot: Sendable {
  let mark: SnapshotMark
  private(set) var received: UInt64 = 0
  /// All bytes are with the shell, which makes them durable and loads them.
  private(set) var isComplete = false

  init(mark: SnapshotMark) { self.mark = mark }

  /// Takes the chunk if it is the next one; a chunk without bytes only asks how far this member is.
  mutating func take(_ chunk: SnapshotChunk) -> Bool {
    guard !isComplete, chunk.offset == received, !chunk.bytes.isEmpty || chunk.isLast else {
      return false
    }
    received = chunk.end
    isComplete = chunk.isLast
    return true
  }
}

extension Follower {
  /// InstallSnapshot (Raft paper, figure 13), by chunks that the shell collects.
  mutating func snapshotChunk(_ chunk: SnapshotChunk, core: inout GroupCore) {
    // No leader of this term has a snapshot of a later one, and no group is without voters.
    guard let leader, chunk.mark.term <= core.hard.term,
      !chunk.mark.configuration.voters.isEmpty
    else { return }
    if chunk.mark.index <= core.log.committed {
      agree(on: core.log.committed, asked: chunk.mark.index, core: &core)
      return
    }
    if core.log.contains(chunk.mark.position) {
      // What the snapshot stands for is committed, and it is all here.
      core.log.commit(upTo: chunk.mark.index)
      incoming = nil
      agree(on: chunk.mark.index, asked: chunk.mark.index, core: &core)
      return
    }
    if let incoming, incoming.mark != chunk.mark {
      // A late chunk of an older one, or one that comes while the shell still installs.
      guard chunk.mark.index > incoming.mark.index, !incoming.isComplete else { return }
    }
    if incoming?.mark != chunk.mark { incoming = IncomingSnapshot(mark: chunk.mark) }
    if incoming?.take(chunk) == true { core.outbox.snapshotChunks.append(chunk) }
    core.send(
      .snapshotReply(
        index: chunk.mark.index, received: incoming?.received ?? 0, refused: false), to: leader)
  }

  /// The shell couldn't use it: the leader begins anew.
  mutating func snapshotRefused(_ mark: SnapshotMark, core: inout GroupCore) {
    guard incoming?.mark == mark else { return }
    incoming = nil
    guard let leader else { return }
    core.send(.snapshotReply(index: mark.index, received: 0, refused: true), to: leader)
  }
}
