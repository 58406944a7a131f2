import COpenSSL

/// Signs and checks what a JSON Web Token signs (RFC 7518): the ASCII bytes of `header.payload`, as ES256: the
/// signature is the two numbers r and s, 32 bytes each, not OpenSSL's DER.
package final class TokenSigner: Sendable {
  private let key: PrivateKey

  package init(key: PrivateKey) { self.key = key }

  /// The value of the token's `alg` header.
  package let algorithm = "ES256"

  /// The public half in DER form.
  private var publicKey: [UInt8] {
    var der: UnsafeMutablePointer<UInt8>?
    let count = i2d_PUBKEY(key.key, &der)
    defer { CRYPTO_free(der, nil, 0) }
    return Array(UnsafeBufferPointer(start: der, count: Int(max(0, count))))
  }

  /// Names the key by its public half: the first 16 bytes of SHA-256 over it, in hexadecimal.
  package var keyID: String { publicKey.withUnsafeBytes { sha256($0) }.prefix(16).hexadecimal }

  /// The point on the curve that is public: the DER form ends with both numbers, 32 bytes each.
  package var publicPoint: (x: [UInt8], y: [UInt8]) {
    let numbers = publicKey.suffix(64)
    return (Array(numbers.prefix(32)), Array(numbers.suffix(32)))
  }

  package func sign(_ message: [UInt8]) throws(CertificateError) -> [UInt8] {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var count = 512
    var signature = [UInt8](repeating: 0, count: count)
    guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key.key) == 1,
      EVP_DigestSign(context, &signature, &count, message, message.count) == 1
    else { throw .failed(openSSLErrors()) }
    signature.removeLast(signature.count - count)
    return try fixedWidth(signature)
  }

  package func verify(_ message: [UInt8], signature: [UInt8]) -> Bool {
    guard let signature = der(signature) else { return false }
    let context = EVP_MD_CTX_new()
    defer {
      EVP_MD_CTX_free(context)
      ERR_clear_error()
    }
    return EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key.key) == 1
      && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }

  private func fixedWidth(_ der: [UInt8]) throws(CertificateError) -> [UInt8] {
    let parsed = der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
      var position = buffer.baseAddress
      return d2i_ECDSA_SIG(nil, &position, buffer.count)
    }
    guard let parsed else { throw .failed(openSSLErrors()) }
    defer { ECDSA_SIG_free(parsed) }
    var output = [UInt8](repeating: 0, count: 64)
    output.withUnsafeMutableBufferPointer { buffer in
      _ = BN_bn2binpad(ECDSA_SIG_get0_r(parsed), buffer.baseAddress, 32)
      _ = BN_bn2binpad(ECDSA_SIG_get0_s(parsed), buffer.baseAddress! + 32, 32)
    }
    return output
  }

  private func der(_ fixed: [UInt8]) -> [UInt8]? {
    guard fixed.count == 64, let value = ECDSA_SIG_new() else { return nil }
    defer { ECDSA_SIG_free(value) }
    fixed.withUnsafeBufferPointer { buffer in
      _ = ECDSA_SIG_set0(value, BN_bin2bn(buffer.baseAddress, 32, nil), BN_bin2bn(buffer.baseAddress! + 32, 32, nil))
    }
    var output: UnsafeMutablePointer<UInt8>?
    let count = i2d_ECDSA_SIG(value, &output)
    defer { CRYPTO_free(output, nil, 0) }
    return count > 0 ? Array(UnsafeBufferPointer(start: output, count: Int(count))) : nil
  }
}

/// SHA-256.
package func sha256(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
  var digest = [UInt8](repeating: 0, count: 32)
  EVP_Digest(bytes.baseAddress, bytes.count, &digest, nil, EVP_sha256(), nil)
  return digest
}
