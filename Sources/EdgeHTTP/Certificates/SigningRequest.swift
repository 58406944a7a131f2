import COpenSSL

/// A request for a certificate (PKCS #10), signed with its own key.
package final class SigningRequest {
  let x509: OpaquePointer

  package init(pem: [UInt8]) throws(CertificateError) {
    guard let x509 = withBIO(pem, { PEM_read_bio_X509_REQ($0, nil, nil, nil) }) else {
      throw .notACertificate(openSSLErrors())
    }
    self.x509 = x509
    // Before anything is thrown, so that it is freed.
    guard let key = X509_REQ_get0_pubkey(x509), X509_REQ_verify(x509, key) == 1 else { throw .unusable(openSSLErrors()) }
  }

  deinit { X509_REQ_free(x509) }

  var key: OpaquePointer? { X509_REQ_get0_pubkey(x509) }

  private func subject(_ identifier: Int32) -> [String] {
    let name = X509_REQ_get_subject_name(x509)
    return (0..<X509_NAME_entry_count(name)).compactMap { index in
      guard let entry = X509_NAME_get_entry(name, index), OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) == identifier,
        let data = X509_NAME_ENTRY_get_data(entry), let bytes = ASN1_STRING_get0_data(data)
      else { return nil }
      return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(ASN1_STRING_length(data))), as: UTF8.self)
    }
  }

  /// The first common name of the subject; empty without one.
  package var commonName: String { subject(NID_commonName).first ?? "" }
  package var organizations: [String] { subject(NID_organizationName) }

  /// Other names that it asks for, each with what it is.
  package enum Name: Sendable, Equatable {
    case email(String)
    case dns(String)
    case uri(String)
    /// 4 or 16 bytes.
    case address([UInt8])
  }

  package var names: [Name] {
    guard let extensions = X509_REQ_get_extensions(x509) else { return [] }
    defer { c_X509_EXTENSIONS_free(extensions) }
    guard let names = c_subject_alternative_names(extensions) else { return [] }
    defer { GENERAL_NAMES_free(names) }
    return (0..<c_GENERAL_NAMES_count(names)).compactMap { index in
      var (kind, length): (Int32, Int32) = (0, 0)
      guard let bytes = c_GENERAL_NAME_bytes(names, index, &kind, &length) else { return nil }
      let value = Array(UnsafeBufferPointer(start: bytes, count: Int(length)))
      let text = String(decoding: value, as: UTF8.self)
      switch kind {
      case c_GENERAL_NAME_type_email(): return .email(text)
      case c_GENERAL_NAME_type_dns(): return .dns(text)
      case c_GENERAL_NAME_type_uri(): return .uri(text)
      case c_GENERAL_NAME_type_address(): return .address(value)
      default: return nil
      }
    }
  }
}
