import CoreObjects

/// The OpenAPI documents of what is served, made when first asked for and kept.
struct OpenAPIDocuments: Sendable {
  private var openAPI: OpenAPI
  private var kept: [String: [UInt8]] = [:]

  init(_ table: ResourceTable) { openAPI = OpenAPI(table) }

  /// Other resources: what was made of a document that is still the same is kept.
  mutating func serve(_ table: ResourceTable) {
    let before = openAPI
    openAPI = OpenAPI(table)
    kept = kept.filter { slot, _ in
      guard slot.hasPrefix("v3/") else { return false }
      let name = String(slot.dropFirst(3))
      return before.hash(of: name) == openAPI.hash(of: name)
    }
  }

  mutating func index() -> [UInt8] { bytes("index") { $0.v3Index().encoded() } ?? [] }
  mutating func v2() -> [UInt8] { bytes("v2") { $0.v2().encoded() } ?? [] }
  mutating func v2Protobuf() -> [UInt8] { bytes("v2.pb") { $0.v2Protobuf() } ?? [] }
  /// nil where the name is not served.
  mutating func v3(_ name: String) -> [UInt8]? { bytes("v3/" + name) { $0.v3(name)?.encoded() } }
  func hash(of name: String) -> String { openAPI.hash(of: name) }

  private mutating func bytes(_ slot: String, _ make: (OpenAPI) -> [UInt8]?) -> [UInt8]? {
    if let bytes = kept[slot] { return bytes }
    kept[slot] = make(openAPI)
    return kept[slot]
  }
}

extension APIServer {
  mutating func openAPI(_ segments: [String], _ request: APIRequest) throws(APIError) -> APIResponse {
    if segments.count == 2, segments[1] == "v2" {
      // kubectl before 1.27 asks for protobuf; it stands first in its Accept header.
      if request.accept.hasPrefix(OpenAPI.v2ProtobufAccepted) {
        return .body(status: 200, contentType: OpenAPI.v2ProtobufContentType, chunks: [documents.v2Protobuf()], headers: [])
      }
      return .body(status: 200, contentType: "application/json", chunks: [documents.v2()], headers: [])
    }
    guard segments.count >= 2, segments[1] == "v3" else { throw .noSuchPath }
    let name = segments.dropFirst(2).joined(separator: "/")
    if name.isEmpty { return .body(status: 200, contentType: "application/json", chunks: [documents.index()], headers: []) }
    guard let bytes = documents.v3(name) else { throw .noSuchPath }
    let tag = "\"\(documents.hash(of: name))\""
    let headers = [
      APIResponse.Header("Etag", tag), APIResponse.Header("Cache-Control", "public, max-age=31536000, immutable"),
    ]
    if request.ifNoneMatch == tag { return .body(status: 304, contentType: "application/json", chunks: [], headers: headers) }
    return .body(status: 200, contentType: "application/json", chunks: [bytes], headers: headers)
  }
}
