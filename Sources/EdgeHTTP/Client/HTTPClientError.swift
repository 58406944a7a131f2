/// Why no answer came, or not all of one.
package enum HTTPClientError: Error, Equatable, CustomStringConvertible {
  case badURL(String)
  case unknownHost(String, reason: String)
  case unreachable(String, reason: String)
  /// The server's certificate is not trusted or not for this host, or it refused ours.
  case tls(String, reason: String)
  case timedOut(String)
  case closed(String)
  case malformed(String, reason: String)
  case bodyTooLarge(String, limit: Int)

  package var description: String {
    switch self {
    case .badURL(let text): "\"\(text)\" is no http or https URL"
    case .unknownHost(let host, let reason): "the host \(host) cannot be found: \(reason)"
    case .unreachable(let place, let reason): "\(place) cannot be reached: \(reason)"
    case .tls(let place, let reason): "no secure connection with \(place): \(reason)"
    case .timedOut(let place): "\(place) did not answer in time"
    case .closed(let place): "\(place) closed the connection before its answer was complete"
    case .malformed(let place, let reason): "\(place) does not speak HTTP: \(reason)"
    case .bodyTooLarge(let place, let limit): "the answer of \(place) is larger than \(limit) bytes"
    }
  }
}

/// Where a server is.
package struct HTTPOrigin: Sendable, Hashable, CustomStringConvertible {
  package var isTLS: Bool
  package var host: String
  package var port: UInt16

  package init(isTLS: Bool, host: String, port: UInt16? = nil) {
    self.isTLS = isTLS
    self.host = host
    self.port = port ?? (isTLS ? 443 : 80)
  }

  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// An absolute http or https URL, taken apart.
package struct HTTPURL: Sendable, Equatable {
  package var origin: HTTPOrigin
  /// Path and query as they stand, at least "/".
  package var target: String

  package init(_ text: String) throws(HTTPClientError) {
    let isTLS = text.hasPrefix("https://")
    guard isTLS || text.hasPrefix("http://") else { throw .badURL(text) }
    let rest = text.dropFirst(isTLS ? 8 : 7)
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    let target = rest.dropFirst(authority.count)
    var host = authority
    var port: UInt16?
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
      host = authority[authority.index(after: authority.startIndex)..<end]
      let after = authority[authority.index(after: end)...]
      if !after.isEmpty {
        guard after.hasPrefix(":"), let number = UInt16(after.dropFirst()) else { throw .badURL(text) }
        port = number
      }
    } else if let colon = authority.firstIndex(of: ":") {
      guard let number = UInt16(authority[authority.index(after: colon)...]) else { throw .badURL(text) }
      host = authority[..<colon]
      port = number
    }
    guard !host.isEmpty, !host.contains("@"), target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw .badURL(text) }
    origin = HTTPOrigin(isTLS: isTLS, host: String(host), port: port)
    self.target = target.isEmpty ? "/" : target.hasPrefix("/") ? String(target) : "/" + target
  }
}
