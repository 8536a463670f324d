// One loaded identity as OpenSSL wants it; shared by all connections that were made with it.

import COpenSSL

/// OpenSSL as a process wants it that ends while event loops still close their sessions.
package enum TLSRuntime {
  /// Call first in `main`: without it OpenSSL frees its tables when the process exits, under the
  /// threads that still use them, and the process can die of a double free.
  package static func keepUntilTheEnd() {
    _ = OPENSSL_init_ssl(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
  }
}

/// Owns an `SSL_CTX`, which OpenSSL counts and locks by itself.
@safe final class TLSContext: @unchecked Sendable {
  let pointer: OpaquePointer

  init(certificate: [UInt8], key: [UInt8], roots: [UInt8]) throws(TLSError) {
    ERR_clear_error()
    guard let context = unsafe SSL_CTX_new(TLS_method()) else {
      throw .openSSL("cannot make a context")
    }
    unsafe pointer = context
    guard unsafe hf_ssl_ctx_set_min_tls12(context) == 1,
      unsafe SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1
    else { throw .openSSL("cannot set protocol limits") }
    unsafe hf_ssl_ctx_harden(context)
    unsafe hf_ssl_ctx_require_h2(context)
    try useChain(certificate)
    try useKey(key)
    try trust(roots)
  }

  deinit { unsafe SSL_CTX_free(pointer) }

  private func useChain(_ pem: [UInt8]) throws(TLSError) {
    let chain = try PEM.certificates(pem, what: "certificate")
    guard unsafe SSL_CTX_use_certificate(pointer, chain[0].pointer) == 1 else {
      throw .openSSL("certificate is not usable")
    }
    for link in chain.dropFirst() {
      guard unsafe hf_ssl_ctx_add1_chain_cert(pointer, link.pointer) == 1 else {
        throw .openSSL("certificate chain is not usable")
      }
    }
  }

  private func useKey(_ pem: [UInt8]) throws(TLSError) {
    let key = try PEM.key(pem)
    guard unsafe SSL_CTX_use_PrivateKey(pointer, key.pointer) == 1,
      unsafe SSL_CTX_check_private_key(pointer) == 1
    else { throw .openSSL("private key does not belong to the certificate") }
  }

  private func trust(_ pem: [UInt8]) throws(TLSError) {
    let store = unsafe SSL_CTX_get_cert_store(pointer)
    for root in try PEM.certificates(pem, what: "root certificate") {
      guard unsafe X509_STORE_add_cert(store, root.pointer) == 1,
        unsafe SSL_CTX_add_client_CA(pointer, root.pointer) == 1
      else { throw .openSSL("root certificate is not usable") }
    }
  }
}

/// A certificate, freed with its last reference.
@safe final class CertificateRef {
  let pointer: OpaquePointer
  init(_ pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }
  deinit { unsafe X509_free(pointer) }
}

/// A private key, freed with its last reference.
@safe final class KeyRef {
  let pointer: OpaquePointer
  init(_ pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }
  deinit { unsafe EVP_PKEY_free(pointer) }
}

/// PEM texts to objects and back.
enum PEM {
  /// Every certificate of a PEM text; at least one.
  static func certificates(_ pem: [UInt8], what: String) throws(TLSError) -> [CertificateRef] {
    let found: [CertificateRef] = unsafe withBIO(pem) { bio in
      var list: [CertificateRef] = []
      while let certificate = unsafe PEM_read_bio_X509(bio, nil, nil, nil) {
        unsafe list.append(CertificateRef(certificate))
      }
      return list
    }
    ERR_clear_error()
    if found.isEmpty { throw TLSError("no \(what) in the PEM text") }
    return found
  }

  static func key(_ pem: [UInt8]) throws(TLSError) -> KeyRef {
    let found: KeyRef? = unsafe withBIO(pem) { bio in
      unsafe hf_read_key(bio).map { unsafe KeyRef($0) }
    }
    guard let found else { throw .openSSL("no readable private key in the PEM text") }
    return found
  }

  private static func withBIO<T>(_ bytes: [UInt8], _ body: (OpaquePointer?) -> T) -> T {
    unsafe bytes.withUnsafeBytes { bytes in
      let bio = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
      defer { unsafe BIO_free(bio) }
      return unsafe body(bio)
    }
  }

  /// What `write` puts into a memory BIO; nil when it fails.
  static func text(_ write: (OpaquePointer?) -> Int32) -> [UInt8]? {
    let bio = unsafe BIO_new(BIO_s_mem())
    defer { unsafe BIO_free(bio) }
    guard unsafe write(bio) == 1 else { return nil }
    var bytes: UnsafeMutablePointer<CChar>?
    let n = unsafe hf_bio_bytes(bio, &bytes)
    return unsafe Array(UnsafeRawBufferPointer(start: bytes, count: n))
  }
}
