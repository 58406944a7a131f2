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

static inline int c_GENERAL_NAME_type_email(void) { return GEN_EMAIL; }
static inline int c_GENERAL_NAME_type_uri(void) { return GEN_URI; }
static inline int c_GENERAL_NAME_type_address(void) { return GEN_IPADD; }
static inline void c_X509_EXTENSIONS_free(STACK_OF(X509_EXTENSION) *extensions) {
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}
/// The names besides the subject; to be freed, or NULL.
static inline GENERAL_NAMES *c_subject_alternative_names(const STACK_OF(X509_EXTENSION) *extensions) {
  return (GENERAL_NAMES *)X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);
}
static inline int c_GENERAL_NAMES_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
/// The bytes of a name of the four types above; NULL for others.
static inline const unsigned char *c_GENERAL_NAME_bytes(const GENERAL_NAMES *names, int index, int *type, int *length) {
  GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
  *type = name->type;
  ASN1_STRING *text = *type == GEN_EMAIL || *type == GEN_DNS || *type == GEN_URI ? (ASN1_STRING *)name->d.ia5
                      : *type == GEN_IPADD                                      ? (ASN1_STRING *)name->d.iPAddress
                                                                                : NULL;
  if (text == NULL) return NULL;
  *length = ASN1_STRING_length(text);
  return ASN1_STRING_get0_data(text);
}
static inline void c_copy_subject_alternative_names(const STACK_OF(X509_EXTENSION) *extensions, X509 *certificate) {
  int index = X509v3_get_ext_by_NID(extensions, NID_subject_alt_name, -1);
  if (index >= 0) X509_add_ext(certificate, X509v3_get_ext(extensions, index), -1);
}
