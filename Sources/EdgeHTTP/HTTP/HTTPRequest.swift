package import EdgeLinux

package enum HTTPMethod: String, Sendable {
  case get = "GET"
  case head = "HEAD"
  case post = "POST"
  case put = "PUT"
  case patch = "PATCH"
  case delete = "DELETE"
  case options = "OPTIONS"
}

/// A client certificate as it was shown. A certificate that does not verify is reported, not refused: the API answers 401.
package struct ClientCertificate: Sendable, Equatable {
  package var commonName: String
  package var organizations: [String]
  /// nil = signed by the server's client CA and valid now; otherwise what is wrong with it.
  package var verificationError: String?
}

package struct HTTPPeer: Sendable {
  package var address: SocketAddress?
  /// The address of ours that the client connected to.
  package var localAddress: SocketAddress?
  package var certificate: ClientCertificate?
  package var isSecure = false
}

/// One request. The task that runs its handler is cancelled when the client goes away before the answer.
package struct HTTPRequest: Sendable {
  package var method: HTTPMethod
  /// Always starting with "/", still percent-encoded: an escaped slash is none between two segments.
  package var path: String
  /// What follows "?", still percent-encoded; empty without one.
  package var query: String
  package var headers: HTTPHeaders
  package var body: [UInt8]
  /// The body as it comes, of any length, for a path whose bodies are streamed (`HTTPServerConfiguration.streams`); `body` is empty then.
  package var stream: ByteStream?
  package var peer: HTTPPeer
  /// The client asks for another protocol on this connection (`Connection: Upgrade`); only ever set on HTTP/1.1.
  package var upgrade: String?

  package init(
    method: HTTPMethod, path: String, query: String = "", headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = [],
    peer: HTTPPeer = HTTPPeer(), upgrade: String? = nil
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.peer = peer
    self.upgrade = upgrade
  }
}

extension Collection<UInt8> {
  /// Whether a % is not followed by two hexadecimal digits.
  var hasBrokenEscape: Bool {
    var rest = makeIterator()
    while let byte = rest.next() {
      guard byte == UInt8(ascii: "%") else { continue }
      for _ in 0..<2 {
        switch rest.next() {
        case .some(0x30...0x39), .some(0x41...0x46), .some(0x61...0x66): continue
        default: return true
        }
      }
    }
    return false
  }
}
