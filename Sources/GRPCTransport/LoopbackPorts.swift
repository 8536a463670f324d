// Ports for servers that are told of each other before the first of them listens.

import Glibc
import NIOCore
import Synchronization

/// Ports on loopback that nothing listens on.
///
/// A port of the kernel's choice is free again as soon as its socket is closed, and the next listener
/// or connection of anybody may get it before the server does, or while the server restarts. These are
/// below the kernel's own choices (`net.ipv4.ip_local_port_range` of Linux begins at 32768).
package enum LoopbackPorts {
  private static let range = 12_000..<32_000
  /// Another process begins elsewhere; this one gives out none twice before it is all round.
  private static let given = Atomic(Int.random(in: 0..<range.count))

  /// All different.
  package static func take(_ count: Int) throws(ListenError) -> [Int] {
    var ports: [Int] = []
    for _ in range where ports.count < count {
      let (turn, _) = given.add(1, ordering: .relaxed)
      let port = range.lowerBound + turn % range.count
      if isFree(port) { ports.append(port) }
    }
    guard ports.count == count else {
      throw ListenError(description: "no \(count) free ports on loopback in \(range)")
    }
    return ports
  }

  private static func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    guard let address = try? SocketAddress(ipAddress: "127.0.0.1", port: port) else { return false }
    return unsafe address.withSockAddr { unsafe bind(descriptor, $0, socklen_t($1)) == 0 }
  }
}
