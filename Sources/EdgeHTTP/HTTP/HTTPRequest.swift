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

  package init(commonName: String, organizations: [String], verificationError: String? = nil) {
    self.commonName = commonName
    self.organizations = organizations
    self.verificationError = verificationError
  }
}

package struct HTTPPeer: Sendable {
  package var address: SocketAddress?
  /// The address of ours that the client connected to.
  package var localAddress: SocketAddress?
  package var certificate: ClientCertificate?
  package var isSecure = false

  package init() {}
}

/// One complete request. The task that runs its handler is cancelled when the client goes away before the answer.
package struct HTTPRequest: Sendable {
  package var method: HTTPMethod
  /// Always starting with "/", still percent-encoded: an escaped slash is none between two segments.
  package var path: String
  /// What follows "?", still percent-encoded; empty without one.
  package var query: String
  package var headers: HTTPHeaders
  package var body: [UInt8]
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

  /// Whether the client has gone. Long work asks now and then; `withTaskCancellationHandler` tells at once.
  package var isConnectionClosed: Bool { Task.isCancelled }

  /// The pairs of the query, decoded ("+" is a space), in order.
  package var queryItems: [(name: String, value: String)] {
    query.utf8.split(separator: UInt8(ascii: "&")).compactMap { pair in
      let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = percentDecoded(parts[0], plusIsSpace: true) else { return nil }
      guard let value = parts.count > 1 ? percentDecoded(parts[1], plusIsSpace: true) : "" else { return nil }
      return (name, value)
    }
  }
}

/// nil where an escape is broken.
func percentDecoded<Bytes: Collection>(_ bytes: Bytes, plusIsSpace: Bool = false) -> String? where Bytes.Element == UInt8 {
  guard bytes.contains(where: { $0 == 0x25 || ($0 == 0x2B && plusIsSpace) }) else {
    return String(decoding: bytes, as: UTF8.self)
  }
  var output: [UInt8] = []
  var iterator = bytes.makeIterator()
  while let byte = iterator.next() {
    switch byte {
    case 0x25:
      guard let high = iterator.next().flatMap(hexadecimalValue), let low = iterator.next().flatMap(hexadecimalValue) else {
        return nil
      }
      output.append(high << 4 | low)
    case 0x2B where plusIsSpace: output.append(0x20)
    default: output.append(byte)
    }
  }
  return String(decoding: output, as: UTF8.self)
}

private func hexadecimalValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x41...0x46: byte - 0x41 + 10
  case 0x61...0x66: byte - 0x61 + 10
  default: nil
  }
}
