// What one connection has done lately: the counts and times that hostile or dead peers are known by.

import NIOCore

/// Times and strikes of one connection. A value; the connection acts on what it says.
struct ConnectionWatch {
  /// The client's SETTINGS have arrived.
  var handshakeDone = false
  var closing = false
  private(set) var lastReceived: NIODeadline
  private(set) var lastCall: NIODeadline
  private let began: NIODeadline
  private var pingSent: NIODeadline?
  private var lastPing: NIODeadline?
  private var strikes = 0
  private var emptyFrames = 0
  private var tokens: Double?
  private var tokensAt: NIODeadline
  private var dataBytes = 0
  private var dataBytesSeen = 0
  private var dataProgress: NIODeadline

  init(now: NIODeadline) {
    lastReceived = now
    lastCall = now
    began = now
    tokensAt = now
    dataProgress = now
  }

  mutating func received(at now: NIODeadline) {
    lastReceived = now
    pingSent = nil
  }
  mutating func callBegan(at now: NIODeadline) { lastCall = now }
  mutating func dataSent(_ n: Int) { dataBytes &+= n }
  /// Data flows: pings are forgiven.
  mutating func answered() { strikes = 0 }

  /// A client's ping; true when there were too many.
  mutating func pinged(_ loop: ServerLoop) -> Bool {
    defer { lastPing = loop.now }
    guard let last = lastPing, loop.now - last < loop.settings.pingIntervalMin else { return false }
    strikes += 1
    return strikes > loop.settings.pingStrikesMax
  }

  /// A DATA frame without data that ends nothing; true when there were too many.
  mutating func emptyFrame() -> Bool {
    emptyFrames += 1
    return emptyFrames > 1_000
  }

  /// A stream died before its answer; true when that happens too often. Counts what nghttp2's own
  /// limit can't see: streams that the peer made *us* reset.
  mutating func wasted(at now: NIODeadline, _ settings: ServerSettings) -> Bool {
    let elapsed = Double((now - tokensAt).nanoseconds) / 1e9
    let before = tokens ?? Double(settings.resetBurst)
    let refilled = min(
      Double(settings.resetBurst), before + elapsed * Double(settings.resetsPerSecond))
    tokensAt = now
    tokens = refilled - 1
    return refilled < 1
  }

  /// What the periodic look at the connection asks for.
  enum Verdict {
    case fine
    case ping
    case drain
    case close
  }

  /// Looks at the connection; `waiting` says that output is waiting for the peer.
  mutating func check(
    at now: NIODeadline, waiting: Bool, openCalls: Int, _ settings: ServerSettings
  ) -> Verdict {
    if !handshakeDone, now - began > settings.handshakeTimeout { return .close }
    if dataBytes != dataBytesSeen || !waiting {
      dataBytesSeen = dataBytes
      dataProgress = now
    } else if now - dataProgress > settings.writeTimeout {
      return .close
    }
    if let sent = pingSent {
      if now - sent > settings.keepaliveTimeout { return .close }
    } else if now - lastReceived > settings.keepaliveTime {
      pingSent = now
      return .ping
    }
    if openCalls == 0, now - lastCall > settings.idleTimeout { return .drain }
    return .fine
  }
}
