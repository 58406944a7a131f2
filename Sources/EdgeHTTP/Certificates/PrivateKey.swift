import COpenSSL

/// A private key on the curve P-256.
package final class PrivateKey: @unchecked Sendable {

  let key: OpaquePointer

  package init() throws(CertificateError) {
    guard let key = c_EVP_P256_generate() else { throw .failed(openSSLErrors()) }
    self.key = key
  }

  package init(pem: [UInt8]) throws(CertificateError) {
    guard let key = withBIO(pem, { PEM_read_bio_PrivateKey($0, nil, nil, nil) }) else { throw .notAKey(openSSLErrors()) }
    self.key = key
  }

  deinit { EVP_PKEY_free(key) }

  /// PKCS #8, not encrypted.
  package var pem: [UInt8] { collectBIO { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) } }
}

/// Bytes from OpenSSL's generator, for keys, tokens and serial numbers.
package func secureRandomBytes(_ count: Int) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: count)
  precondition(RAND_bytes(&bytes, Int32(count)) == 1, "the system gives no randomness")
  return bytes
}
