#include <openssl/ssl.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// OpenSSL's function-like macros are invisible to Swift.
static inline long c_SSL_CTX_min_tls12(SSL_CTX *context) { return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION); }

/// What every connection of ours wants: partial writes (a non-blocking socket), buffers given back while idle, no session
/// cache (a thousand idle watches must stay small), no renegotiation.
static inline void c_SSL_CTX_prepare(SSL_CTX *context) {
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
}
static inline long c_SSL_set_server_name(SSL *ssl, const char *name) { return SSL_set_tlsext_host_name(ssl, name); }
static inline long c_SSL_CTX_add_chain(SSL_CTX *context, X509 *certificate) { return SSL_CTX_add1_chain_cert(context, certificate); }
static inline EVP_PKEY *c_EVP_P256_generate(void) { return EVP_EC_gen("P-256"); }
static inline int c_GENERAL_NAME_type_dns(void) { return GEN_DNS; }
