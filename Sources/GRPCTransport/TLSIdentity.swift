// A node's or client's certificate, key and trusted roots; replaceable while running.

import COpenSSL
import NIOConcurrencyHelpers

#if canImport(Glibc)
  import Glibc
#endif

/// What can go wrong with certificates. Never carries key material.
package struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
  package var reason: String
  package init(_ reason: String) { self.reason = reason }
  package var description: String { "TLS: \(reason)" }

  /// The reason text of OpenSSL's newest error: a fixed text, never data.
  static func openSSL(_ what: String) -> TLSError {
    let code = ERR_get_error()
    ERR_clear_error()
    guard code != 0, let text = unsafe ERR_reason_error_string(code) else { return TLSError(what) }
    return TLSError("\(what): \(unsafe String(cString: text))")
  }
}

/// Certificate chain, private key and roots, from PEM. `reload()` reads the files again; new
/// connections use what it found, old ones go on.
package final class TLSIdentity: Sendable {
  private struct Files {
    var certificate: String
    var key: String
    var roots: String
  }

  private let files: Files?
  private let current: NIOLockedValueBox<TLSContext>

  package init(certificateFile: String, keyFile: String, rootsFile: String) throws(TLSError) {
    let files = Files(certificate: certificateFile, key: keyFile, roots: rootsFile)
    self.files = files
    current = NIOLockedValueBox(try Self.load(files))
  }

  package init(
    certificatePEM: [UInt8], keyPEM: [UInt8], rootsPEM: [UInt8]
  ) throws(TLSError) {
    files = nil
    current = NIOLockedValueBox(
      try TLSContext(certificate: certificatePEM, key: keyPEM, roots: rootsPEM))
  }

  /// Reads the files again; on an error the old identity stays.
  package func reload() throws(TLSError) {
    guard let files else { return }
    let fresh = try Self.load(files)
    current.withLockedValue { $0 = fresh }
  }

  /// Puts other PEM texts in place; on an error the old identity stays.
  package func replace(
    certificatePEM: [UInt8], keyPEM: [UInt8], rootsPEM: [UInt8]
  ) throws(TLSError) {
    let fresh = try TLSContext(certificate: certificatePEM, key: keyPEM, roots: rootsPEM)
    current.withLockedValue { $0 = fresh }
  }

  var context: TLSContext { current.withLockedValue { $0 } }

  private static func load(_ files: Files) throws(TLSError) -> TLSContext {
    try TLSContext(
      certificate: readFile(files.certificate), key: readFile(files.key),
      roots: readFile(files.roots))
  }

  /// Certificates are small; a file beyond this is not one.
  private static let fileBytesMax = 1 << 20

  private static func readFile(_ path: String) throws(TLSError) -> [UInt8] {
    guard let file = unsafe fopen(path, "r") else {
      throw TLSError("cannot read \(path): \(unsafe String(cString: strerror(errno)))")
    }
    defer { unsafe fclose(file) }
    var bytes = [UInt8](repeating: 0, count: fileBytesMax)
    let n = unsafe fread(&bytes, 1, fileBytesMax, file)
    guard n > 0, n < fileBytesMax else { throw TLSError("\(path) is empty or too large") }
    return Array(bytes[0..<n])
  }
}

/// TLS of a listener.
package struct ServerTLS: Sendable {
  package enum ClientCertificate: Sendable {
    case require
    case request
  }
  package var identity: TLSIdentity
  package var clientCertificate: ClientCertificate
  package init(identity: TLSIdentity, clientCertificate: ClientCertificate = .require) {
    self.identity = identity
    self.clientCertificate = clientCertificate
  }
}

/// TLS of a channel. The server's certificate must chain to the roots and carry `serverName` (a
/// DNS name or an IP address); nil means the host that is dialled.
package struct ClientTLS: Sendable {
  package var identity: TLSIdentity
  package var serverName: String?
  /// When set, the server's certificate must also carry this URI SAN.
  package var expectedURI: String?
  package init(identity: TLSIdentity, serverName: String? = nil, expectedURI: String? = nil) {
    self.identity = identity
    self.serverName = serverName
    self.expectedURI = expectedURI
  }
}
