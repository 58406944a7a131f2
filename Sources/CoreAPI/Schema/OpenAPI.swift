import CoreObjects

/// The OpenAPI documents of what is served. Nothing is kept: the caller caches what it asks for.
struct OpenAPI: Sendable {
  let resources: [ServedResource]

  init(resources: [ServedResource]) { self.resources = resources }

  init(_ table: ResourceTable) {
    let versions = table.groups.flatMap { group in group.versions.map { group.name.isEmpty ? $0 : group.name + "/" + $0 } }
    resources = versions.flatMap { table.resources(of: $0) ?? [] }
  }

  /// The names of the v3 documents, sorted: "api/v1", "apis/apps/v1", …
  var documentNames: [String] { Set(resources.map(\.documentName)).sorted() }

  /// GET /openapi/v3: where each document is. The hash changes whenever the document may have changed, so that clients can cache.
  func v3Index() -> JSON {
    let paths = documentNames.map { name in
      Member(key: Key(name), value: ["serverRelativeURL": .string("/openapi/v3/\(name)?hash=\(hash(of: name))")])
    }
    return ["paths": .object(paths)]
  }

  /// A hash of what the document is made from, 16 hexadecimal digits (FNV-1a).
  func hash(of documentName: String) -> String {
    var hash = schemaHash
    for resource in resources where resource.documentName == documentName { hash = FNV.hash(resource.documentText, hash) }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// GET /openapi/v3/NAME, nil for a name that is not served.
  func v3(_ documentName: String) -> JSON? {
    let served = resources.filter { $0.documentName == documentName }
    if served.isEmpty { return nil }
    var schemas = OpenAPISchemas(.v3, served)
    let paths = OpenAPIPaths(resources: served, format: .v3).make(&schemas)
    return [
      "openapi": "3.0.0", "info": OpenAPI.info, "paths": paths, "components": ["schemas": schemas.definitions()],
    ]
  }

  /// GET /openapi/v2: everything in one document.
  func v2() -> JSON {
    var schemas = OpenAPISchemas(.v2, resources)
    let paths = OpenAPIPaths(resources: resources, format: .v2).make(&schemas)
    return ["swagger": "2.0", "info": OpenAPI.info, "paths": paths, "definitions": schemas.definitions()]
  }

  /// The same as a protobuf message openapi.v2.Document, for kubectl before 1.27.
  func v2Protobuf() -> [UInt8] { OpenAPIProtobuf.document(v2()) }

  /// What clients accept for the protobuf form, and the content type of the answer. They differ because kubectl from 1.27 on parses
  /// the answer's type, and the @ that it asks with is not legal in a media type.
  static let v2ProtobufAccepted = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
  static let v2ProtobufContentType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

  private static var info: JSON { ["title": "Kubernetes", "version": "v1.36.0"] }
}

/// What differs between the two formats.
enum OpenAPIFormat {
  case v2, v3
  var referencePrefix: String { self == .v2 ? "#/definitions/" : "#/components/schemas/" }
}
