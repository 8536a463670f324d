import Primitives

/// What a leader knows of one other member, and how it sends to it (after etcd-raft's tracker).
struct Progress: Sendable {
  let member: MemberID
  /// The log of the member is the leader's up to here, durably, as it acknowledged in this term.
  private(set) var match = LogIndex.zero
  /// The entry to send next.
  private(set) var next: LogIndex
  private(set) var flow = Flow.probe(isWaiting: false)
  private(set) var loading = Loading.idle
  /// When an answer in this term last came.
  private(set) var heardAt: UInt64
  /// An answer came in this term.
  private(set) var isActive = false
  private var heardSinceHeartbeat = false
  /// When one last came that only a member in service gives: check-quorum counts it (rule C7). Before
  /// the first, when the leader began to wait for it.
  private(set) var servedAt: UInt64
  /// One came in this term.
  private(set) var hasServed = false
  /// The newest round of reads that it answered (rule C8).
  private(set) var readRound: UInt64 = 0
  /// The commit index that it was last told.
  var commitSent = LogIndex.zero

  /// Appends were under way when the last heartbeat's time came, and none was acknowledged since.
  var seemsStuck: Bool { waitedAtHeartbeat && match == matchAtHeartbeat }
  private var waitedAtHeartbeat = false
  /// It was not yet reminded of anything since the last heartbeat's time: rounds of reads may come
  /// thousands of times more often.
  private(set) var mayBeReminded = false
  private var matchAtHeartbeat = LogIndex.zero

  /// Entries from `next` on that memory no longer has.
  enum Loading: Sendable {
    case idle
    /// They were asked for from the disk.
    case underWay
    /// The disk couldn't give them; it is asked again at the next heartbeat, in case that a snapshot
    /// has not taken their place by then.
    case failed
  }

  enum Flow: Sendable {
    /// Where the logs agree isn't known: one append at a time, and one more per heartbeat.
    case probe(isWaiting: Bool)
    /// They agree; appends follow one another without waiting, within a window.
    case replicate(InFlight)
    /// What it needs is compacted.
    case snapshot(SnapshotTransfer)
  }

  init(member: MemberID, next: LogIndex, now: UInt64) {
    self.member = member
    self.next = next
    heardAt = now
    servedAt = now
  }

  mutating func heard(isInService: Bool, now: UInt64) {
    heardAt = now
    isActive = true
    heardSinceHeartbeat = true
    guard isInService else { return }
    servedAt = now
    hasServed = true
  }

  mutating func answered(round: UInt64) { readRound = max(readRound, round) }

  // MARK: Answers

  /// The member acknowledged `index`, which is the leader's own entry.
  mutating func matched(_ index: LogIndex) {
    match = max(match, index)
    if next <= match { moveNext(to: match.next) }
    switch flow {
    case .probe:
      flow = .replicate(InFlight())
      moveNext(to: match.next)
    case .replicate(var window):
      flow = .probe(isWaiting: false)  // leaves `window` alone with its array
      window.free(upTo: index)
      flow = .replicate(window)
    case .snapshot(let transfer):
      guard match >= transfer.mark.index else { return }
      flow = .replicate(InFlight())
      moveNext(to: match.next)
    }
  }

  /// The member refused `refused`; `agreed` is the newest entry of the leader's that it may have.
  /// An answer to anything but the question under way is old news.
  mutating func refused(_ refused: LogIndex, agreed: LogIndex) {
    // A member denies what it once acknowledged only when it lost rows (rule C9); an old refusal
    // that looks the same costs one question.
    let agreed = refused > match ? max(agreed, match) : agreed
    switch flow {
    case .probe where refused == next.previous && agreed != refused: probe(from: agreed.next)
    case .replicate: probe(from: agreed.next)
    case .snapshot(let transfer) where agreed >= transfer.mark.index: probe(from: agreed.next)
    case .probe, .snapshot: break
    }
  }

  /// Asks anew behind `index`, and counts the member for nothing above.
  private mutating func probe(from index: LogIndex) {
    flow = .probe(isWaiting: false)
    match = min(match, index.previous)
    moveNext(to: index)
  }

  private mutating func moveNext(to index: LogIndex) {
    next = index
    loading = .idle
  }

  // MARK: Sending

  /// It has the entry, or that is on its way behind others that fit.
  func wasSent(upTo index: LogIndex) -> Bool {
    if case .replicate = flow { return next > index }
    return match >= index
  }

  /// An append that ends in `last` was sent.
  mutating func sent(upTo last: LogIndex, bytes: Int) {
    switch flow {
    case .probe: flow = .probe(isWaiting: true)
    case .replicate(var window):
      flow = .probe(isWaiting: true)
      if last >= next { window.add(last: last, bytes: bytes) }
      flow = .replicate(window)
      moveNext(to: max(next, last.next))
    case .snapshot: break
    }
  }

  /// The member was asked whether it lacks what was sent; once a heartbeat is enough.
  mutating func reminded() { mayBeReminded = false }

  /// What was sent can't be asked about any more: begins again behind what was acknowledged.
  mutating func beginAgain() { probe(from: match.next) }

  /// A message to it could not be sent. What was acknowledged stays so.
  mutating func unreachable() {
    if case .replicate = flow { probe(from: match.next) }
  }

  mutating func startLoading() { loading = .underWay }

  mutating func stopLoading() { loading = .idle }

  /// The disk couldn't.
  mutating func failLoading() { loading = .failed }

  /// The question may be lost: it is asked once more.
  mutating func askAgain() { flow = .probe(isWaiting: false) }

  /// A heartbeat's time has come: what waits for an answer that may be lost asks again; a member
  /// that is silent gets no more than that, and one that only fell silent is asked when it answers.
  mutating func retry(isSilent: Bool) {
    if loading == .failed { loading = .idle }
    mayBeReminded = true
    defer { heardSinceHeartbeat = false }
    switch flow {
    case .probe: if heardSinceHeartbeat || isSilent { askAgain() }
    case .replicate(let window):
      waitedAtHeartbeat = window.count > 0
      matchAtHeartbeat = match
      if isSilent { probe(from: match.next) }
    case .snapshot(var transfer):
      transfer.heartbeat()
      flow = .snapshot(transfer)
    }
  }

  mutating func startSnapshot(_ mark: SnapshotMark) {
    flow = .snapshot(SnapshotTransfer(mark: mark))
    loading = .idle
  }

  mutating func update(_ transfer: SnapshotTransfer) { flow = .snapshot(transfer) }

  /// The member got so far by another way that the log can go on.
  mutating func overtakeSnapshot() {
    flow = .replicate(InFlight())
    moveNext(to: match.next)
  }

  /// Waits for the next heartbeat, then finds out anew what the member needs.
  mutating func abandonSnapshot() { flow = .probe(isWaiting: true) }
}
