import CoreObjects

/// What a request is about, read off its method, path and query: what authorisation judges.
/// Source of the rules: k8s.io/apiserver/pkg/endpoints/request/requestinfo.go, v1.36.
struct RequestInfo: Sendable {
  /// get, list, watch, create, update, patch, delete, deletecollection; for other paths the method in lower case.
  var verb = ""
  var isResource = false
  /// The whole path, decoded: what rules about paths are held against.
  var path = ""
  /// Its parts, each decoded by itself.
  private(set) var segments: [String] = []
  var group = ""
  var version = ""
  var resource = ""
  var subresource = ""
  var namespace = ""
  var name = ""
  /// What stands behind the subresource, as it came: "/a%2Fb/" of "…/proxy/a%2Fb/".
  private(set) var rest = ""
  /// Something stands behind the subresource. None of it is served but what is passed on.
  var hasMore: Bool { segments.count > 3 + offset }
  /// Segments before the resource.
  private var offset = 0

  init(method: String, path: String, query: Query) throws(APIError) {
    segments = try RequestInfo.segments(path)
    var text = path
    self.path = text.withUTF8 { PercentText.decode($0, plusIsSpace: false) } ?? path
    verb = method.lowercased()
    guard let first = segments.first, first == "api" || first == "apis" else { return }
    let prefix = first == "api" ? 2 : 3
    guard segments.count > prefix else { return }
    isResource = true
    group = first == "api" ? "" : segments[1]
    version = segments[prefix - 1]
    readResource(segments[prefix...])
    if subresource == "proxy" { rest = RequestInfo.rest(of: path, after: offset + 3) }
    readVerb(method, query)
  }

  /// The decoded segments; empty ones are left out.
  static func segments(_ path: String) throws(APIError) -> [String] {
    var path = path
    let segments = path.withUTF8 { bytes -> [String]? in
      var segments: [String] = []
      segments.reserveCapacity(8)
      var start = 0
      while start < bytes.count {
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "/")) ?? bytes.count
        if start < end {
          let part = UnsafeBufferPointer(rebasing: bytes[start..<end])
          guard let text = PercentText.decode(part, plusIsSpace: false) else { return nil }
          segments.append(text)
        }
        start = end + 1
      }
      return segments
    }
    guard let segments else {
      throw .badRequest("the path holds a percent sign that is not followed by two hexadecimal digits")
    }
    return segments
  }

  private mutating func readResource(_ segments: ArraySlice<String>) {
    var rest = segments
    if rest.first == "namespaces", rest.count > 1 {
      namespace = rest[rest.startIndex + 1]
      // "status" and "finalize" belong to the namespace itself; anything else is a resource within it.
      if rest.count > 2, !(rest.count == 3 && ["status", "finalize"].contains(rest[rest.startIndex + 2])) {
        rest = rest.dropFirst(2)
      }
    }
    let parts = Array(rest)
    resource = parts[0]
    if parts.count > 1 { name = parts[1] }
    if parts.count > 2 { subresource = parts[2] }
    offset = self.segments.count - parts.count
  }

  /// What follows the first segments of a path.
  private static func rest(of path: String, after count: Int) -> String {
    var (left, isInSegment) = (count, false)
    for index in path.utf8.indices {
      if path.utf8[index] != UInt8(ascii: "/") {
        isInSegment = true
      } else if isInSegment {
        (left, isInSegment) = (left - 1, false)
        if left == 0 { return String(path[index...]) }
      }
    }
    return ""
  }

  private mutating func readVerb(_ method: String, _ query: Query) {
    switch method {
    case "GET", "HEAD":
      if !name.isEmpty {
        verb = "get"
      } else {
        verb = query.flag("watch") == true ? "watch" : "list"
        // A list that can only give one object is judged as a request for that object.
        name = RequestInfo.exactName(query["fieldSelector"])
      }
    case "POST": verb = "create"
    case "PUT": verb = "update"
    case "PATCH": verb = "patch"
    case "DELETE":
      verb = name.isEmpty ? "deletecollection" : "delete"
      if name.isEmpty { name = RequestInfo.exactName(query["fieldSelector"]) }
    default: verb = ""
    }
  }

  /// The name in "metadata.name=NAME", or "".
  private static func exactName(_ selector: String?) -> String {
    guard let selector, selector.utf8.count < 1024 else { return "" }
    for term in selector.split(separator: ",") {
      let sides = term.split(separator: "=", omittingEmptySubsequences: true)
      if sides.count == 2, sides[0] == "metadata.name", !term.contains("!") { return String(sides[1]) }
    }
    return ""
  }

  /// The kind in which upstream reads the parameters of the verb.
  var optionsKind: String {
    switch verb {
    case "create": "CreateOptions"
    case "update": "UpdateOptions"
    case "patch": "PatchOptions"
    case "delete", "deletecollection": "DeleteOptions"
    default: "ListOptions"
    }
  }

  /// The name in the path: a list's field selector is no name of a path.
  var pathName: String { verb == "list" || verb == "watch" || verb == "deletecollection" ? "" : name }
}
