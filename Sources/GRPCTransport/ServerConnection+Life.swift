// Keepalive, stalls, drain: what happens to a connection besides calls.

import CNghttp2
import NIOCore

extension ServerConnection {
  /// Called about once a second.
  func inspect(now: NIODeadline) {
    let waiting = pendingAnswerBytes > 0 || transport?.isBlocked == true
    switch watch.check(at: now, waiting: waiting, openCalls: open.count, loop.settings) {
    case .fine: break
    case .ping:
      unsafe nghttp2_submit_ping(session, 0, nil)
      markDirty()
    case .drain: drain()
    case .close:
      transport?.abort()
      return
    }
    for slot in open.lazy.map({ self.loop.slot($0) }) where isStalled(slot, now) {
      unsafe nghttp2_submit_rst_stream(session, 0, slot.stream, NGHTTP2_CANCEL.rawValue)
      markDirty()
    }
  }

  /// A request that does not get complete, or an answer that is not taken.
  private func isStalled(_ slot: CallSlot, _ now: NIODeadline) -> Bool {
    switch slot.phase {
    case .opening, .receiving, .answered: now - slot.since > loop.settings.transferTimeout
    case .dispatched: false
    }
  }

  /// First step of a drain: new calls are still taken, but the client is told to go.
  func announceDrain() {
    guard !watch.closing else { return }
    unsafe nghttp2_submit_shutdown_notice(session)
    markDirty()
  }

  /// Second step: calls that are on their way are in by now, later ones are refused.
  func drain() {
    guard failure == nil, !watch.closing else { return }
    let last = unsafe nghttp2_session_get_last_proc_stream_id(session)
    unsafe nghttp2_submit_goaway(session, 0, last, NGHTTP2_NO_ERROR.rawValue, nil, 0)
    markDirty()
  }
}
