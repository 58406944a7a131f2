import CoreObjects
import Foundation
import Testing

@testable import CoreAPI

@Suite struct OpenAPITests {
  static let openAPI = OpenAPI(
    resources: [StatefulSetResource(), PodResource(), NodeResource(), HorizontalPodAutoscalerResource()].map {
      (resource: any Resource) in
      ServedResource(resource, resource.definition.versions[0], storage: resource.definition.versions[0])
    })

  private func references(_ tree: JSON) -> [String] {
    tree.elements.flatMap(references)
      + tree.members.flatMap { $0.key.name == "$ref" ? [$0.value.string ?? "?"] : references($0.value) }
  }

  @Test("the index names a document for each group version, with a hash that differs between them")
  func index() throws {
    let paths = OpenAPITests.openAPI.v3Index()["paths"]
    #expect(paths.members.map(\.key.name) == ["api/v1", "apis/apps/v1", "apis/autoscaling/v2"])
    let addresses = paths.members.compactMap { $0.value["serverRelativeURL"].string }
    #expect(addresses[1].hasPrefix("/openapi/v3/apis/apps/v1?hash="))
    #expect(Set(addresses.map { $0.split(separator: "=").last }).count == 3)
    #expect(OpenAPITests.openAPI.v3("apis/none/v1") == nil)
  }

  @Test("every reference of a document leads to a schema in it")
  func closed() throws {
    let openAPI = OpenAPITests.openAPI
    for (document, prefix) in try openAPI.documentNames.map({ (try #require(openAPI.v3($0)), "#/components/schemas/") })
      + [(openAPI.v2(), "#/definitions/")]
    {
      let schemas = prefix == "#/definitions/" ? document["definitions"] : document["components"]["schemas"]
      let names = Set(schemas.members.map { prefix + $0.key.name })
      let found = references(document)
      #expect(found.count > 50)
      #expect(Set(found).subtracting(names) == [])
    }
  }

  @Test("a kind's schema carries what kubectl looks for")
  func kind() throws {
    let document = try #require(OpenAPITests.openAPI.v3("apis/apps/v1"))
    let schemas = document["components"]["schemas"]
    let set = schemas["io.k8s.api.apps.v1.StatefulSet"]
    #expect(try set["x-kubernetes-group-version-kind"] == json(#"[{"group":"apps","kind":"StatefulSet","version":"v1"}]"#))
    #expect(
      set["properties"]["spec"].description.contains(##""$ref":"#/components/schemas/io.k8s.api.apps.v1.StatefulSetSpec""##))
    let containers = schemas["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"]
    #expect(containers["type"] == "array")
    #expect(containers["x-kubernetes-patch-merge-key"] == "name")
    #expect(containers["x-kubernetes-list-type"] == "map")
    #expect(containers["x-kubernetes-list-map-keys"] == ["name"])
  }

  @Test("the patch operation offers dryRun and fieldValidation, which kubectl checks for")
  func patch() throws {
    let path = Key("/apis/apps/v1/namespaces/{namespace}/statefulsets/{name}")
    for document in [try #require(OpenAPITests.openAPI.v3("apis/apps/v1")), OpenAPITests.openAPI.v2()] {
      let patch = document["paths"][path]["patch"]
      #expect(patch["x-kubernetes-action"] == "patch")
      #expect(patch["x-kubernetes-group-version-kind"]["kind"] == "StatefulSet")
      let names = patch["parameters"].elements.compactMap { $0["name"].string }
      #expect(
        names.contains("dryRun") && names.contains("fieldValidation") && names.contains("fieldManager") && names.contains("force")
      )
    }
  }

  @Test("operation ids are unique and cluster-scoped kinds have no namespace in their paths")
  func operations() {
    let paths = OpenAPITests.openAPI.v2()["paths"]
    let ids = paths.members.flatMap { $0.value.members.compactMap { $0.value["operationId"].string } }
    #expect(ids.count > 20)
    #expect(Set(ids).count == ids.count)
    #expect(!paths[Key("/api/v1/nodes/{name}")].isNull)
    #expect(paths[Key("/api/v1/namespaces/{namespace}/nodes")].isNull)
    #expect(
      paths[Key("/apis/apps/v1/namespaces/{namespace}/statefulsets/{name}/scale")]["get"]["x-kubernetes-group-version-kind"][
        "kind"] == "Scale")
  }

  @Test("the protobuf form begins with the swagger version and its lengths add up")
  func protobuf() {
    let bytes = OpenAPITests.openAPI.v2Protobuf()
    #expect(Array(bytes.prefix(5)) == [0x0A, 3] + Array("2.0".utf8))
    var position = 0
    var fields: [Int] = []
    func varint() -> Int {
      var (value, shift) = (0, 0)
      while position < bytes.count {
        let byte = Int(bytes[position])
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80 { break }
      }
      return value
    }
    while position < bytes.count {
      fields.append(varint() >> 3)
      position += varint()
    }
    #expect(position == bytes.count)
    #expect(fields == [1, 2, 8, 9])
  }

  @Test(
    "the documents are written to WAVETANK_OPENAPI_DIR for a look with kubectl",
    .enabled(if: ProcessInfo.processInfo.environment["WAVETANK_OPENAPI_DIR"] != nil))
  func dump() throws {
    let folder = URL(filePath: ProcessInfo.processInfo.environment["WAVETANK_OPENAPI_DIR"] ?? "")
    let openAPI = OpenAPITests.openAPI
    func write(_ name: String, _ bytes: [UInt8]) throws {
      let file = folder.appending(path: name.replacing("/", with: "_"))
      try Data(bytes).write(to: file)
      #expect(try Data(contentsOf: file).count == bytes.count)
    }
    try write("v3.json", openAPI.v3Index().encoded())
    for name in openAPI.documentNames { try write(name + ".json", try #require(openAPI.v3(name)).encoded()) }
    try write("v2.json", openAPI.v2().encoded())
    try write("v2.pb", openAPI.v2Protobuf())
  }
}
