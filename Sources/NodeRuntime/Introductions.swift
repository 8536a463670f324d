// Whether a node that opens a stream is the one that this node knows: its certificate says which
// number it has, and the name of its disk whether it still has what it promised (rule C9).

import Dispatch
import LogStorage
import Primitives
import Synchronization
import WireFormat

/// Who may speak to this node, and with which words it introduces itself.
final class Introductions: Sendable {
  private let node: NodeID
  private let disk: DiskName
  private let peers: PeerDisks
  private let events: EventLog
  private let fatal: @Sendable (String) -> Void
  /// New names are written one after the other, where nobody waits for the disk.
  private let queue = DispatchQueue(label: "holdfast.introductions")
  private let state = Mutex(State())

  private struct State {
    var refused: UInt64 = 0
    /// Logged once, however often it comes again.
    var told: Set<Stranger> = []
  }

  private struct Stranger: Hashable {
    var node: NodeID
    var disk: DiskName
  }

  init(
    node: NodeID, disk: DiskName, peers: PeerDisks, events: EventLog,
    fatal: @escaping @Sendable (String) -> Void
  ) {
    self.node = node
    self.disk = disk
    self.peers = peers
    self.events = events
    self.fatal = fatal
  }

  var greeting: Greeting {
    Greeting(disk: disk, others: peers.all.map { .init(node: $0.node, disk: $0.disk) })
  }

  /// How many streams were refused.
  var refused: UInt64 { state.withLock { $0.refused } }

  /// Tells `then` whether to listen: at once where everything is known, else when what is new is
  /// durable here, on any thread.
  func introduce(
    _ peer: NodeID, _ greeting: Greeting, then: @escaping @Sendable (RequestRefusal?) -> Void
  ) {
    if let known = peers[peer], known != greeting.disk || strangers(in: greeting).isEmpty {
      return then(judge(peer, greeting.disk, known))
    }
    queue.async { [self] in
      do {
        let known = try peers.keep([(peer, greeting.disk)])[0]
        // Whom a node names counts only if that node itself is who it was.
        if known == greeting.disk { _ = try peers.keep(strangers(in: greeting)) }
        then(judge(peer, greeting.disk, known))
      } catch {
        fatal("storage: \(error)")
      }
    }
  }

  private func strangers(in greeting: Greeting) -> [(node: NodeID, disk: DiskName)] {
    greeting.others.filter { $0.node != node && peers[$0.node] == nil }.map { ($0.node, $0.disk) }
  }

  private func judge(_ peer: NodeID, _ disk: DiskName, _ known: DiskName) -> RequestRefusal? {
    guard disk != known else { return nil }
    let isNews = state.withLock { state in
      state.refused += 1
      return state.told.insert(Stranger(node: peer, disk: disk)).inserted
    }
    if isNews { events.note(stranger: peer, disk: disk, known: known) }
    return RequestRefusal(
      .notPermitted,
      "node \(peer.rawValue) was known with another disk, and who lost its disk has lost what it "
        + "promised: remove its seats, give the machine a number that no node ever had and an empty "
        + "folder, and add that one (`holdfast cluster add`)")
  }
}
