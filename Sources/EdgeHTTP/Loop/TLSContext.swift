import COpenSSL
import EdgeLinux
import Glibc

/// What OpenSSL has to say, as one line; clears its queue.
func openSSLErrors() -> String {
  var messages: [String] = []
  while messages.count < 4 {
    let code = ERR_get_error()
    if code == 0 { break }
    if let reason = ERR_reason_error_string(code) { messages.append(String(cString: reason)) }
  }
  ERR_clear_error()
  return messages.isEmpty ? "TLS error" : messages.joined(separator: ": ")
}

/// Keys and trust of one side of TLS.
package final class TLSContext: @unchecked Sendable {
  let context: OpaquePointer
  let isServer: Bool
  private let protocols: UnsafeMutableBufferPointer<UInt8>

  /// A server that asks for a client certificate, takes any, and reports what it thinks of it.
  package init(server identity: Identity, clientAuthorities: [UInt8] = [], protocols names: [String] = ["h2", "http/1.1"])
    throws(CertificateError)
  {
    context = SSL_CTX_new(TLS_server_method())
    isServer = true
    let wire = names.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
    protocols = .allocate(capacity: wire.count + 1)
    protocols[0] = UInt8(wire.count)
    for (index, byte) in wire.enumerated() { protocols[index + 1] = byte }
    _ = c_SSL_CTX_min_tls12(context)
    c_SSL_CTX_prepare(context)
    SSL_CTX_set_num_tickets(context, 0)
    try use(identity)
    if !clientAuthorities.isEmpty {
      try trust(clientAuthorities)
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER, { _, _ in 1 })
    }
    SSL_CTX_set_alpn_select_cb(
      context,
      { _, output, outputLength, input, inputLength, argument in
        let known = argument!.assumingMemoryBound(to: UInt8.self)
        let result = output!.withMemoryRebound(to: UnsafeMutablePointer<UInt8>?.self, capacity: 1) {
          SSL_select_next_proto($0, outputLength, known + 1, UInt32(known[0]), input, inputLength)
        }
        return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK
      }, protocols.baseAddress)
  }

  /// A client. Without `authorities` the system's own are trusted; `isVerifying` false trusts anyone.
  package init(clientTrusting authorities: [UInt8] = [], identity: Identity? = nil, isVerifying: Bool = true)
    throws(CertificateError)
  {
    context = SSL_CTX_new(TLS_client_method())
    isServer = false
    protocols = .allocate(capacity: 0)
    _ = c_SSL_CTX_min_tls12(context)
    c_SSL_CTX_prepare(context)
    if let identity { try use(identity) }
    if authorities.isEmpty { SSL_CTX_set_default_verify_paths(context) } else { try trust(authorities) }
    SSL_CTX_set_verify(context, isVerifying ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
  }

  deinit {
    SSL_CTX_free(context)
    protocols.deallocate()
  }

  private func use(_ identity: Identity) throws(CertificateError) {
    let chain = try Certificate.readAll(identity.certificatePEM)
    let key = try PrivateKey(pem: identity.keyPEM)
    guard SSL_CTX_use_certificate(context, chain[0].x509) == 1, SSL_CTX_use_PrivateKey(context, key.key) == 1,
      SSL_CTX_check_private_key(context) == 1
    else { throw .unusable(openSSLErrors()) }
    for certificate in chain.dropFirst() { _ = c_SSL_CTX_add_chain(context, certificate.x509) }
  }

  private func trust(_ authorities: [UInt8]) throws(CertificateError) {
    let store = SSL_CTX_get_cert_store(context)
    for certificate in try Certificate.readAll(authorities) {
      X509_STORE_add_cert(store, certificate.x509)
      if isServer { SSL_CTX_add_client_CA(context, certificate.x509) }
    }
    ERR_clear_error()
  }

  /// A new side of a connection; the caller owns it. A client checks that the certificate is for `serverName`.
  func makeSSL(serverName: String? = nil) -> OpaquePointer? {
    guard let ssl = SSL_new(context) else { return nil }
    guard !isServer else {
      SSL_set_accept_state(ssl)
      return ssl
    }
    SSL_set_connect_state(ssl)
    if let serverName {
      let parameters = SSL_get0_param(ssl)
      if X509_VERIFY_PARAM_set1_ip_asc(parameters, serverName) != 1 {
        ERR_clear_error()
        X509_VERIFY_PARAM_set1_host(parameters, serverName, 0)
        _ = c_SSL_set_server_name(ssl, serverName)
      }
    }
    return ssl
  }
}

/// What the handshake found out.
extension Connection {
  var negotiatedProtocol: String {
    guard let ssl = tls else { return "" }
    var name: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    SSL_get0_alpn_selected(ssl, &name, &count)
    return String(decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
  }

  var peer: HTTPPeer {
    var peer = HTTPPeer()
    peer.address = SocketAddress.peer(of: descriptor)
    peer.localAddress = SocketAddress.local(of: descriptor)
    peer.isSecure = tls != nil
    guard let ssl = tls, let x509 = SSL_get1_peer_certificate(ssl) else { return peer }
    let certificate = Certificate(owning: x509)
    let code = SSL_get_verify_result(ssl)
    let problem = code == Int(X509_V_OK) ? nil : String(cString: X509_verify_cert_error_string(code))
    peer.certificate = ClientCertificate(
      commonName: certificate.commonName, organizations: certificate.organizations, verificationError: problem)
    return peer
  }
}
