// One TLS connection in memory: sealed bytes on one side, plain ones on the other.

import COpenSSL
import NIOCore

/// Owns an `SSL` and its two memory BIOs.
@safe final class TLSSession {
  enum Handshake {
    case again
    case done(peerURIs: [String])
    case failed(TLSError)
  }

  enum ReadEnd {
    case full
    case again
    case closed
    case failed(TLSError)
  }

  private let ssl: OpaquePointer
  private let inbound: OpaquePointer
  private let outbound: OpaquePointer
  private let expectedURI: String?
  /// Keeps the identity that this connection was made with.
  private let context: TLSContext

  private init(context: TLSContext, expectedURI: String?) throws(TLSError) {
    ERR_clear_error()
    guard let ssl = unsafe SSL_new(context.pointer), let inbound = unsafe BIO_new(BIO_s_mem()),
      let outbound = unsafe BIO_new(BIO_s_mem())
    else { throw .openSSL("cannot make a session") }
    unsafe SSL_set_bio(ssl, inbound, outbound)
    self.context = context
    self.expectedURI = expectedURI
    unsafe self.ssl = unsafe ssl
    unsafe self.inbound = unsafe inbound
    unsafe self.outbound = unsafe outbound
  }

  convenience init(server: ServerTLS) throws(TLSError) {
    try self.init(context: server.identity.context, expectedURI: nil)
    unsafe SSL_set_accept_state(ssl)
    let must = server.clientCertificate == .require ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0
    unsafe SSL_set_verify(ssl, SSL_VERIFY_PEER | must, nil)
  }

  convenience init(client: ClientTLS, host: String) throws(TLSError) {
    try self.init(context: client.identity.context, expectedURI: client.expectedURI)
    unsafe SSL_set_connect_state(ssl)
    unsafe SSL_set_verify(ssl, SSL_VERIFY_PEER, nil)
    let h2: [UInt8] = [2, 0x68, 0x32]
    guard unsafe SSL_set_alpn_protos(ssl, h2, UInt32(h2.count)) == 0 else {
      throw .openSSL("cannot ask for h2")
    }
    let name = client.serverName ?? host
    if unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1 { return }
    ERR_clear_error()
    guard unsafe SSL_set1_host(ssl, name) == 1, unsafe hf_ssl_set_server_name(ssl, name) == 1
    else { throw .openSSL("server name is not usable") }
  }

  deinit { unsafe SSL_free(ssl) }

  func received(_ bytes: UnsafeRawBufferPointer) {
    unsafe BIO_write(inbound, bytes.baseAddress, Int32(bytes.count))
  }

  func handshake() -> Handshake {
    ERR_clear_error()
    let result = unsafe SSL_do_handshake(ssl)
    guard result == 1 else {
      let code = unsafe SSL_get_error(ssl, result)
      if code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE { return .again }
      return .failed(handshakeError())
    }
    guard unsafe hf_ssl_is_h2(ssl) == 1 else { return .failed(TLSError("peer does not speak h2")) }
    let uris = peerURIs()
    if let expectedURI, !uris.contains(expectedURI) {
      return .failed(TLSError("server is not \(expectedURI)"))
    }
    return .done(peerURIs: uris)
  }

  private func handshakeError() -> TLSError {
    let verdict = unsafe SSL_get_verify_result(ssl)
    let error = TLSError.openSSL("handshake failed")
    guard verdict != Int(X509_V_OK), let text = unsafe X509_verify_cert_error_string(verdict) else {
      return error
    }
    return TLSError("\(error.reason) (\(unsafe String(cString: text)))")
  }

  /// The URI SANs of the peer's verified certificate.
  private func peerURIs() -> [String] {
    guard let certificate = unsafe SSL_get1_peer_certificate(ssl) else { return [] }
    defer { unsafe X509_free(certificate) }
    guard unsafe SSL_get_verify_result(ssl) == Int(X509_V_OK) else { return [] }
    var uris: [String] = []
    var room = [CChar](repeating: 0, count: 512)
    for index in 0..<16 {
      let n = unsafe hf_x509_uri_name(certificate, Int32(index), &room, Int32(room.count))
      if n == -1 { break }
      guard n > 0 else { continue }
      uris.append(String(decoding: room[0..<Int(n)].map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    return uris
  }

  func read(into buffer: inout ByteBuffer, upTo limit: Int) -> ReadEnd {
    ERR_clear_error()
    while buffer.readableBytes < limit {
      var n = 0
      let room = limit - buffer.readableBytes
      let result = unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
        unsafe SSL_read_ex(ssl, target.baseAddress, min(room, target.count), &n) == 1 ? n : 0
      }
      if result > 0 { continue }
      switch unsafe SSL_get_error(ssl, 0) {
      case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .again
      case SSL_ERROR_ZERO_RETURN: return .closed
      default: return .failed(.openSSL("connection broken"))
      }
    }
    return .full
  }

  /// False when the session is broken.
  func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if bytes.count == 0 { return true }
    ERR_clear_error()
    var n = 0
    // A memory BIO takes everything, so a write is never partial.
    return unsafe SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &n) == 1 && n == bytes.count
  }

  func sayGoodbye() {
    ERR_clear_error()
    unsafe SSL_shutdown(ssl)
    ERR_clear_error()
  }

  var pendingOutput: Int { Int(unsafe hf_bio_pending(outbound)) }

  func takeOutput(into buffer: inout ByteBuffer, _ count: Int) {
    unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
      Int(max(0, unsafe BIO_read(outbound, target.baseAddress, Int32(count))))
    }
  }
}
