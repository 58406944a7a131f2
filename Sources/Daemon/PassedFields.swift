import CoreAPI
import CoreObjects
import EdgeHTTP
import EdgeLinux

/// What a request and its answer say in their headers when they are passed on.
/// Source: k8s.io/apimachinery/pkg/util/proxy, v0.36, and kube-aggregator's handler_proxy.go, v1.36.
struct PassedFields: Sendable {
  /// Fields that belong to one connection, or that are set anew. Who asks is told by nobody but us.
  private static let dropped: Set<String> = [
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade", "content-length", "expect", "authorization",
  ]

  private let server: ProxyRequest.Server
  private let request: HTTPRequest

  init(_ server: ProxyRequest.Server, _ request: HTTPRequest) { (self.server, self.request) = (server, request) }

  /// Where the client's own paths begin; nil for an APIService, whose paths are ours.
  private var prefix: String? {
    guard case .place(let place) = server else { return nil }
    return place.prefix
  }

  /// A page's relative links need a path that ends in a slash.
  func redirect(_ target: String) -> HTTPResponse? {
    guard prefix == request.path, [.get, .head].contains(request.method), request.upgrade == nil else { return nil }
    return HTTPResponse(status: 301, headers: ["location": request.path + "/" + target])
  }

  func outgoing(_ more: [APIResponse.Header]) -> HTTPHeaders {
    var headers = HTTPHeaders()
    for (name, value) in endToEnd(request.headers) {
      if name.hasPrefix("x-remote-") || name.hasPrefix("impersonate-") || name == "x-forwarded-for" { continue }
      if prefix == nil, name == "host" || name == "cookie" { continue }
      // A page that comes compressed could not be rewritten.
      if prefix != nil, name == "accept-encoding", request.headers["accept"]?.contains("text/html") == true { continue }
      headers.append(name, value)
    }
    for header in more { headers.append(header.name, header.value) }
    if prefix != nil { headers.append("x-forwarded-uri", request.path) }
    let before = request.headers.values("x-forwarded-for")
    if let client = request.peer.address?.host {
      headers.append("x-forwarded-for", (before + [client]).joined(separator: ", "))
    }
    if let upgrade = request.upgrade {
      headers.append("connection", "Upgrade")
      headers.append("upgrade", upgrade)
    }
    return headers
  }

  func incoming(_ head: HTTPResponseHead, _ origin: HTTPOrigin) -> HTTPHeaders {
    var headers = HTTPHeaders()
    for (name, value) in endToEnd(head.headers) {
      // A page of somebody else's may not speak for this server to browsers.
      if prefix != nil, name.hasPrefix("access-control-") { continue }
      headers.append(name, name == "location" ? location(value, origin) : value)
    }
    if head.status == 101 {
      headers.append("connection", "Upgrade")
      headers.append("upgrade", head.headers["upgrade"] ?? "")
    }
    return headers
  }

  /// What the body of an answer goes through; nil where it is no page.
  func page(_ head: HTTPResponseHead, _ origin: HTTPOrigin) -> LinkRewriter? {
    let type = head.headers["content-type"]?.prefix { $0 != ";" } ?? ""
    guard prefix != nil, trimmed(type.utf8).elementsEqual("text/html".utf8), head.headers["content-encoding"] == nil else {
      return nil
    }
    return LinkRewriter { location($0, origin) }
  }

  /// Where a redirect or a link leads as seen by the client: one to another server, or from the page it stands on, stays.
  private func location(_ text: String, _ origin: HTTPOrigin) -> String {
    guard let prefix else { return text }
    var path = text
    if let url = try? HTTPURL(text) {
      let asked = request.headers["host"].flatMap { try? HTTPURL((origin.isTLS ? "https://" : "http://") + $0).origin }
      guard (url.origin.host, url.origin.port) == (origin.host, origin.port) || url.origin == asked else { return text }
      path = url.target
    }
    guard path.hasPrefix("/"), !path.hasPrefix("//"), !path.hasPrefix(prefix) else { return text }
    return prefix + path
  }

  func failure(_ error: any Error) -> HTTPResponse {
    var message = "error trying to reach service: \(error)"
    if case .backend(let backend) = server {
      message = "the server is currently unable to handle the request: APIService \(backend.apiService): " + message
    }
    return .refusal(503, "ServiceUnavailable", message)
  }

  /// All but what belongs to one connection, as `Connection` names it, too.
  private func endToEnd(_ headers: HTTPHeaders) -> [(name: String, value: String)] {
    let named = Set(headers.list("connection").map { $0.lowercased() })
    return headers.all.filter { !PassedFields.dropped.contains($0.name) && !named.contains($0.name) }
  }
}
