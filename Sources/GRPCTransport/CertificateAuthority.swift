// A small certificate authority, for `dev` clusters and tests.

/// A certificate and its key as PEM.
package struct IssuedCertificate: Sendable {
  package var certificatePEM: [UInt8]
  package var keyPEM: [UInt8]
}

/// A self-signed root on P-256 that issues node and client certificates.
package final class CertificateAuthority {
  package let certificatePEM: [UInt8]
  package let keyPEM: [UInt8]

  /// Makes a new root.
  package init(name: String, days: Int = 3_650) throws(TLSError) {
    fatalError("not built yet")
  }
  /// Takes up a root that was made earlier.
  package init(certificatePEM: [UInt8], keyPEM: [UInt8]) throws(TLSError) {
    fatalError("not built yet")
  }

  /// Issues a certificate that is good for both ends of a connection.
  /// - Parameters:
  ///   - uris: URI SANs (`holdfast:node/1`, `holdfast:client/name`).
  ///   - dnsNames, ipAddresses: where a server with it may be dialled.
  package func issue(
    commonName: String, uris: [String] = [], dnsNames: [String] = [], ipAddresses: [String] = [],
    days: Int = 825
  ) throws(TLSError) -> IssuedCertificate {
    fatalError("not built yet")
  }
}
