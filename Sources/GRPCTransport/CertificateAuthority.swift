// A small certificate authority, for `dev` clusters and tests.

import COpenSSL

/// A certificate and its key as PEM.
package struct IssuedCertificate: Sendable {
  package var certificatePEM: [UInt8]
  package var keyPEM: [UInt8]
}

/// A self-signed root on P-256 that issues node and client certificates.
package final class CertificateAuthority {
  package let certificatePEM: [UInt8]
  package let keyPEM: [UInt8]
  private let certificate: CertificateRef
  private let key: KeyRef

  /// Makes a new root.
  package init(name: String, days: Int = 3_650) throws(TLSError) {
    key = try Self.makeKey()
    let draft = try CertificateDraft(commonName: name, days: days, key: key)
    try draft.setIssuer(draft)
    try draft.extend(NID_basic_constraints, "critical,CA:TRUE,pathlen:0", issuer: draft)
    try draft.extend(NID_key_usage, "critical,keyCertSign,cRLSign", issuer: draft)
    try draft.extend(NID_subject_key_identifier, "hash", issuer: draft)
    certificate = try draft.sign(with: key)
    certificatePEM = try Self.pem(certificate)
    keyPEM = try Self.pem(key)
  }

  /// Takes up a root that was made earlier.
  package init(certificatePEM: [UInt8], keyPEM: [UInt8]) throws(TLSError) {
    certificate = try PEM.certificates(certificatePEM, what: "root certificate")[0]
    key = try PEM.key(keyPEM)
    guard unsafe X509_check_private_key(certificate.pointer, key.pointer) == 1 else {
      throw .openSSL("private key does not belong to the root certificate")
    }
    self.certificatePEM = certificatePEM
    self.keyPEM = keyPEM
  }

  /// Issues a certificate that is good for both ends of a connection.
  /// - Parameters:
  ///   - uris: URI SANs (`holdfast:node/1`, `holdfast:client/name`).
  ///   - dnsNames, ipAddresses: where a server with it may be dialled.
  package func issue(
    commonName: String, uris: [String] = [], dnsNames: [String] = [], ipAddresses: [String] = [],
    days: Int = 825
  ) throws(TLSError) -> IssuedCertificate {
    let names =
      uris.map { "URI:" + $0 } + dnsNames.map { "DNS:" + $0 } + ipAddresses.map { "IP:" + $0 }
    // The names pass through OpenSSL's configuration syntax.
    for name in names where name.utf8.contains(where: { $0 <= 0x20 || $0 == 0x2C || $0 == 0x3B }) {
      throw TLSError("'\(name)' is not a usable alternative name")
    }
    let leafKey = try Self.makeKey()
    let root = CertificateDraft(existing: certificate)
    let draft = try CertificateDraft(commonName: commonName, days: days, key: leafKey)
    try draft.setIssuer(root)
    try draft.extend(NID_basic_constraints, "critical,CA:FALSE", issuer: root)
    try draft.extend(NID_key_usage, "critical,digitalSignature", issuer: root)
    try draft.extend(NID_ext_key_usage, "serverAuth,clientAuth", issuer: root)
    try draft.extend(NID_subject_key_identifier, "hash", issuer: root)
    try draft.extend(NID_authority_key_identifier, "keyid", issuer: root)
    if !names.isEmpty {
      try draft.extend(NID_subject_alt_name, names.joined(separator: ","), issuer: root)
    }
    return IssuedCertificate(
      certificatePEM: try Self.pem(draft.sign(with: key)), keyPEM: try Self.pem(leafKey))
  }

  private static func makeKey() throws(TLSError) -> KeyRef {
    guard let key = unsafe hf_ec_p256_key() else { throw .openSSL("cannot make a key") }
    return unsafe KeyRef(key)
  }

  private static func pem(_ certificate: CertificateRef) throws(TLSError) -> [UInt8] {
    let text = unsafe PEM.text { bio in unsafe PEM_write_bio_X509(bio, certificate.pointer) }
    guard let text else { throw .openSSL("cannot write a certificate") }
    return text
  }

  private static func pem(_ key: KeyRef) throws(TLSError) -> [UInt8] {
    let text = unsafe PEM.text { bio in unsafe hf_write_key(bio, key.pointer) }
    guard let text else { throw .openSSL("cannot write a key") }
    return text
  }
}

/// A certificate that is being filled in.
private struct CertificateDraft {
  private let certificate: CertificateRef

  init(existing: CertificateRef) { certificate = existing }

  init(commonName: String, days: Int, key: KeyRef) throws(TLSError) {
    ERR_clear_error()
    guard let x509 = unsafe X509_new() else { throw .openSSL("cannot make a certificate") }
    unsafe certificate = CertificateRef(x509)
    unsafe X509_set_version(x509, 2)
    try setSerial()
    // An hour back, for clocks that differ a little.
    unsafe X509_gmtime_adj(X509_getm_notBefore(x509), -3_600)
    unsafe X509_gmtime_adj(X509_getm_notAfter(x509), days * 86_400)
    unsafe X509_set_pubkey(x509, key.pointer)
    let name = unsafe X509_get_subject_name(x509)
    let text = Array(commonName.utf8)
    guard
      unsafe X509_NAME_add_entry_by_NID(
        name, NID_commonName, MBSTRING_FLAG | 0, text, Int32(text.count), -1, 0) == 1
    else { throw .openSSL("common name is not usable") }
  }

  /// 16 random bytes; a repeated serial of one issuer would confuse its readers.
  private func setSerial() throws(TLSError) {
    var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
    bytes[0] = bytes[0] & 0x7F | 0x40
    guard let number = unsafe BN_bin2bn(bytes, Int32(bytes.count), nil) else {
      throw .openSSL("cannot make a serial number")
    }
    defer { unsafe BN_free(number) }
    unsafe BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.pointer))
  }

  func setIssuer(_ issuer: CertificateDraft) throws(TLSError) {
    unsafe X509_set_issuer_name(
      certificate.pointer, X509_get_subject_name(issuer.certificate.pointer))
  }

  func extend(_ nid: Int32, _ value: String, issuer: CertificateDraft) throws(TLSError) {
    var context = unsafe X509V3_CTX()
    unsafe X509V3_set_ctx(
      &context, issuer.certificate.pointer, certificate.pointer, nil, nil, 0)
    guard let made = unsafe X509V3_EXT_conf_nid(nil, &context, nid, value) else {
      throw .openSSL("extension '\(value)' is not usable")
    }
    defer { unsafe X509_EXTENSION_free(made) }
    guard unsafe X509_add_ext(certificate.pointer, made, -1) == 1 else {
      throw .openSSL("cannot add an extension")
    }
  }

  func sign(with key: KeyRef) throws(TLSError) -> CertificateRef {
    guard unsafe X509_sign(certificate.pointer, key.pointer, EVP_sha256()) > 0 else {
      throw .openSSL("cannot sign")
    }
    return certificate
  }
}
