import COpenSSL

/// What is wrong with a key or certificate, or with its use.
package enum CertificateError: Error, Equatable, CustomStringConvertible {
  case notACertificate(String)
  case notAKey(String)
  case unusable(String)
  case failed(String)

  package var description: String {
    switch self {
    case .notACertificate(let reason): "not a PEM certificate: \(reason)"
    case .notAKey(let reason): "not a PEM private key: \(reason)"
    case .unusable(let reason): "certificate and key cannot be used: \(reason)"
    case .failed(let reason): "OpenSSL failed: \(reason)"
    }
  }
}

/// A certificate chain, leaf first, and its private key, both PEM.
package struct Identity: Sendable, Equatable {
  package var certificatePEM: [UInt8]
  package var keyPEM: [UInt8]

  package init(certificatePEM: [UInt8], keyPEM: [UInt8]) {
    self.certificatePEM = certificatePEM
    self.keyPEM = keyPEM
  }
}

/// One X.509 certificate.
package final class Certificate: @unchecked Sendable {
  let x509: OpaquePointer

  init(owning x509: OpaquePointer) { self.x509 = x509 }
  deinit { X509_free(x509) }

  package convenience init(pem: [UInt8]) throws(CertificateError) {
    let all = try Certificate.readAll(pem)
    X509_up_ref(all[0].x509)
    self.init(owning: all[0].x509)
  }

  /// All certificates of a PEM text, at least one.
  package static func readAll(_ pem: [UInt8]) throws(CertificateError) -> [Certificate] {
    let found = withBIO(pem) { bio in
      var found: [Certificate] = []
      while let x509 = PEM_read_bio_X509(bio, nil, nil, nil) { found.append(Certificate(owning: x509)) }
      return found
    }
    let reason = openSSLErrors()
    if found.isEmpty { throw .notACertificate(reason) }
    return found
  }

  package var pem: [UInt8] { collectBIO { PEM_write_bio_X509($0, x509) } }

  /// The first common name of the subject; empty without one.
  package var commonName: String { subjectEntries(NID_commonName).first ?? "" }
  package var organizations: [String] { subjectEntries(NID_organizationName) }

  /// Seconds from now until the certificate is no longer valid; negative when it is not.
  package var remainingSeconds: Int {
    var days: Int32 = 0
    var seconds: Int32 = 0
    ASN1_TIME_diff(&days, &seconds, nil, X509_get0_notAfter(x509))
    return Int(days) * 86_400 + Int(seconds)
  }

  private func subjectEntries(_ identifier: Int32) -> [String] {
    let name = X509_get_subject_name(x509)
    return (0..<X509_NAME_entry_count(name)).compactMap { index in
      guard let entry = X509_NAME_get_entry(name, index), OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) == identifier,
        let data = X509_NAME_ENTRY_get_data(entry), let bytes = ASN1_STRING_get0_data(data)
      else { return nil }
      return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(ASN1_STRING_length(data))), as: UTF8.self)
    }
  }
}

func withBIO<Result>(_ bytes: [UInt8], _ body: (OpaquePointer?) -> Result) -> Result {
  bytes.withUnsafeBytes { buffer in
    let bio = BIO_new_mem_buf(buffer.baseAddress, Int32(buffer.count))
    defer { BIO_free(bio) }
    return body(bio)
  }
}

func collectBIO(_ write: (OpaquePointer?) -> Int32) -> [UInt8] {
  let bio = BIO_new(BIO_s_mem())
  defer { BIO_free(bio) }
  _ = write(bio)
  var output = [UInt8](repeating: 0, count: BIO_ctrl_pending(bio))
  let count = BIO_read(bio, &output, Int32(output.count))
  return Array(output.prefix(Int(max(0, count))))
}
