// A node's or client's certificate, key and trusted roots; replaceable while running.

/// What can go wrong with certificates. Never carries key material.
package struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
  package var reason: String
  package init(_ reason: String) { self.reason = reason }
  package var description: String { "TLS: \(reason)" }
}

/// Certificate chain, private key and roots, from PEM. `reload()` reads the files again; new
/// connections use what it found, old ones go on.
package final class TLSIdentity: Sendable {
  package init(certificateFile: String, keyFile: String, rootsFile: String) throws(TLSError) {
    fatalError("not built yet")
  }
  package init(
    certificatePEM: [UInt8], keyPEM: [UInt8], rootsPEM: [UInt8]
  ) throws(TLSError) {
    fatalError("not built yet")
  }
  /// Reads the files again; on an error the old identity stays.
  package func reload() throws(TLSError) { fatalError("not built yet") }
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
