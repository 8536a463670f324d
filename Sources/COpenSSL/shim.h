#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

// Macros of OpenSSL that Swift does not see, as functions.

static inline int hf_ssl_ctx_set_min_tls12(SSL_CTX *ctx) {
  return (int)SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
}
static inline void hf_ssl_ctx_harden(SSL_CTX *ctx) {
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                               SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_num_tickets(ctx, 0);
}
static inline int hf_ssl_ctx_add1_chain_cert(SSL_CTX *ctx, X509 *cert) {
  return (int)SSL_CTX_add1_chain_cert(ctx, cert);
}
static inline int hf_ssl_set_server_name(SSL *ssl, const char *name) {
  return (int)SSL_set_tlsext_host_name(ssl, name);
}
static inline int hf_bio_pending(BIO *bio) { return (int)BIO_pending(bio); }
static inline long hf_bio_bytes(BIO *bio, char **bytes) { return BIO_get_mem_data(bio, bytes); }
static inline EVP_PKEY *hf_ec_p256_key(void) { return EVP_EC_gen("P-256"); }

// Copies the URI subject alternative name at `index` (counting URIs only) into `out`. Returns its
// length, -1 when there are no more, -2 when it does not fit or holds a NUL.
static inline int hf_x509_uri_name(X509 *cert, int index, char *out, int room) {
  GENERAL_NAMES *names =
      (GENERAL_NAMES *)X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
  int result = -1;
  for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
    GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_URI || index-- > 0) continue;
    int length = ASN1_STRING_length(name->d.uniformResourceIdentifier);
    const unsigned char *text = ASN1_STRING_get0_data(name->d.uniformResourceIdentifier);
    result = length > room || memchr(text, 0, (size_t)length) != NULL ? -2 : length;
    if (result > 0) memcpy(out, text, (size_t)length);
    break;
  }
  GENERAL_NAMES_free(names);
  return result;
}

// A password callback that never asks: encrypted keys are refused instead of prompting.
static inline int hf_no_password(char *buffer, int size, int writing, void *user) {
  (void)buffer; (void)size; (void)writing; (void)user;
  return 0;
}
static inline EVP_PKEY *hf_read_key(BIO *bio) {
  return PEM_read_bio_PrivateKey(bio, NULL, hf_no_password, NULL);
}
static inline int hf_write_key(BIO *bio, EVP_PKEY *key) {
  return PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
}

// ALPN: h2 or nothing.
static inline int hf_select_h2(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                               const unsigned char *in, unsigned int in_length, void *user) {
  (void)ssl; (void)user;
  for (unsigned int i = 0; i < in_length && i + 1 + in[i] <= in_length; i += 1u + in[i]) {
    if (in[i] == 2 && in[i + 1] == 'h' && in[i + 2] == '2') {
      *out = in + i + 1;
      *out_length = 2;
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}
static inline void hf_ssl_ctx_require_h2(SSL_CTX *ctx) {
  SSL_CTX_set_alpn_select_cb(ctx, hf_select_h2, NULL);
}
static inline int hf_ssl_is_h2(SSL *ssl) {
  const unsigned char *name = NULL;
  unsigned int length = 0;
  SSL_get0_alpn_selected(ssl, &name, &length);
  return length == 2 && name[0] == 'h' && name[1] == '2';
}
