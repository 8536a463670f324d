import Primitives
import RaftConsensus

/// What the voters of a group told of their ledgers, index by index, and what follows for this
/// member (rule C10). Who has a say is who votes as of that index, in both halves of a joint
/// configuration: all members have the same configuration there, so that no two of them find
/// themselves wrong by majorities that do not meet.
struct DigestBoard: Sendable {
  enum Verdict: Sendable, Equatable {
    /// A majority has this member's digest.
    case confirmed
    /// A majority has one other digest.
    case wrong
    /// No digest has a majority, and none can get one.
    case split
  }

  struct Finding: Sendable, Equatable {
    var index: LogIndex
    var verdict: Verdict
  }

  private struct Report: Sendable {
    var member: MemberID
    var digest: Hash128
  }

  private struct Page: Sendable {
    let index: LogIndex
    /// Nil until this member has taken its own there.
    var own: (digest: Hash128, quorum: JointQuorum)?
    var reports: [Report] = []
  }

  /// In order of index.
  private var pages: [Page] = []
  /// The newest index where this member took a digest for all to compare.
  private(set) var lastOwn = LogIndex.zero
  /// The newest index where a majority had what this member had.
  private var confirmed = LogIndex.zero
  /// What was found since it was last asked about.
  private var finding: Finding?

  /// Indexes that are compared at a time; one that is older than all of them is not compared any
  /// more. Some minutes of log time.
  static let pagesMax = 16
  /// More members than this never have a say.
  private static let reportsMax = 2 * Configuration.votersMax

  /// Notes what this member has at `index`, and gives those that are known to have another digest.
  mutating func note(
    _ digest: Hash128, at index: LogIndex, quorum: JointQuorum, member: MemberID
  ) -> [MemberID] {
    lastOwn = max(lastOwn, index)
    guard let at = page(index) else { return [] }
    pages[at].own = (digest, quorum)
    put(Report(member: member, digest: digest), on: at)
    judge(at)
    return pages[at].reports.filter { $0.digest != digest }.map(\.member)
  }

  /// Notes another member's digest; false if that is no news.
  mutating func heard(_ digest: Hash128, from member: MemberID, at index: LogIndex) -> Bool {
    guard let at = page(index), put(Report(member: member, digest: digest), on: at) else {
      return false
    }
    judge(at)
    return true
  }

  /// The member has another ledger from here on, of which its digests said nothing.
  mutating func forgetOwn(_ member: MemberID) {
    finding = nil
    for at in pages.indices {
      pages[at].own = nil
      pages[at].reports.removeAll { $0.member == member }
    }
  }

  func own(at index: LogIndex) -> Hash128? {
    pages.first { $0.index == index }?.own?.digest
  }

  /// A majority has what this member has at `index`.
  func isConfirmed(at index: LogIndex) -> Bool {
    pages.first { $0.index == index }.flatMap(Self.verdict) == .confirmed
  }

  mutating func takeFinding() -> Finding? {
    defer { finding = nil }
    return finding
  }

  // MARK: Judging

  /// Being wrong is found once and for good; of all else the newest index tells: late words about an
  /// older one stop nobody who was confirmed since.
  private mutating func judge(_ at: Int) {
    let index = pages[at].index
    guard finding?.verdict != .wrong, let verdict = Self.verdict(of: pages[at]) else { return }
    if verdict == .confirmed { confirmed = max(confirmed, index) }
    if verdict == .split, index < confirmed { return }
    guard verdict == .wrong || index >= finding?.index ?? .zero else { return }
    finding = Finding(index: index, verdict: verdict)
  }

  private static func verdict(of page: Page) -> Verdict? {
    guard let own = page.own else { return nil }
    func digest(of member: MemberID) -> Hash128? {
      page.reports.first { $0.member == member }?.digest
    }
    // Those that have told nothing may all have the same, which nobody else has.
    var isOpen = own.quorum.result { digest(of: $0) == nil ? nil : false } == .pending
    for candidate in page.reports.map(\.digest) {
      switch own.quorum.result({ member in digest(of: member).map { $0 == candidate } }) {
      case .won: return candidate == own.digest ? .confirmed : .wrong
      case .pending: isOpen = true
      case .lost: break
      }
    }
    return isOpen ? nil : .split
  }

  // MARK: Pages

  /// Nil for an index that is older than all that are compared.
  private mutating func page(_ index: LogIndex) -> Int? {
    let at = pages.firstIndex { $0.index >= index } ?? pages.count
    if at < pages.count, pages[at].index == index { return at }
    guard pages.count < Self.pagesMax else {
      guard at > 0 else { return nil }
      pages.removeFirst()
      pages.insert(Page(index: index), at: at - 1)
      return at - 1
    }
    pages.insert(Page(index: index), at: at)
    return at
  }

  @discardableResult
  private mutating func put(_ report: Report, on at: Int) -> Bool {
    if let known = pages[at].reports.firstIndex(where: { $0.member == report.member }) {
      guard pages[at].reports[known].digest != report.digest else { return false }
      pages[at].reports[known] = report
      return true
    }
    guard pages[at].reports.count < Self.reportsMax else { return false }
    pages[at].reports.append(report)
    return true
  }
}
