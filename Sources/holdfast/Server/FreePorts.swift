import Glibc

/// Ports that nothing on loopback listens on at this moment, all different.
func freePorts(_ count: Int) throws -> [Int] {
  var sockets: [Int32] = []
  defer { for socket in sockets { close(socket) } }
  return try (0..<count).map { _ in
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw PortError(code: errno) }
    sockets.append(descriptor)
    return try boundPort(descriptor)
  }
}

struct PortError: Error, CustomStringConvertible {
  var code: Int32
  var description: String { unsafe "no free port on loopback: \(String(cString: strerror(code)))" }
}

/// Binds to a port of the kernel's choice and tells which.
private func boundPort(_ descriptor: Int32) throws -> Int {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
    unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
      unsafe bind(descriptor, generic, length) == 0
        && getsockname(descriptor, generic, &length) == 0
    }
  }
  guard result else { throw PortError(code: errno) }
  return Int(UInt16(bigEndian: address.sin_port))
}
