import CoreObjects
import Foundation
import Testing

@Suite("Discovery, health, OpenAPI")
struct DiscoveryTests {
  /// Of a v1.36 API server: lines "RESOURCE KIND SINGULAR SCOPE verbs=… short=… categories=…" under each group version.
  private static func recording() throws -> [(path: String, lines: [String])] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Recordings/discovery-v1.36.txt")
    var groups: [(path: String, lines: [String])] = []
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
      if line.hasPrefix(" ") {
        groups[groups.count - 1].lines.append(String(line.dropFirst(2)))
      } else {
        groups.append((String(line), []))
      }
    }
    return groups
  }

  @Test("what is served has upstream's names, verbs, short names and categories")
  func agreesWithUpstream() throws {
    var bench = Bench()
    var compared = 0
    // The metrics API of the recorded server was a stand-in.
    for group in try Self.recording() where !group.path.contains("metrics.k8s.io") {
      let served = bench.get(group.path)
      guard served.status == 200 else { continue }
      for resource in served.body[.resources].elements {
        #expect(group.lines.contains(Self.line(resource)), "\(group.path): \(Self.line(resource))")
        compared += 1
      }
    }
    #expect(compared > 60)
  }

  private static func line(_ resource: JSON) -> String {
    func list(_ name: String, _ key: Key, isSorted: Bool = true) -> String {
      let texts = resource[key].elements.compactMap(\.string)
      return texts.isEmpty ? "" : " \(name)=" + (isSorted ? texts.sorted() : texts).joined(separator: ",")
    }
    let singular = resource[.singularName].string ?? ""
    return "\(resource[.name].string ?? "") \(resource[.kind].string ?? "") \(singular.isEmpty ? "-" : singular) "
      + (resource[.namespaced] == true ? "namespaced" : "cluster") + list("verbs", .verbs, isSorted: false)
      + list("short", .shortNames) + list("categories", .categories)
  }

  @Test("aggregated discovery tells the same as the plain one")
  func aggregated() {
    var bench = Bench()
    let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
    let list = bench.get("/apis", accept: accept).body
    #expect(list[.kind].string == "APIGroupDiscoveryList")
    let plain = bench.get("/apis").body["groups"].elements.compactMap { $0[.name].string }
    #expect(list[.items].elements.compactMap { $0[.metadata][.name].string } == plain)
    let core = bench.get("/api", accept: accept).body[.items][0]
    let pods = core["versions"][0][.resources].elements.first { $0["resource"].string == "pods" } ?? .null
    #expect(pods["scope"].string == "Namespaced")
    #expect(pods["responseKind"] == ["group": "", "version": "v1", "kind": "Pod"])
    #expect(pods["subresources"].elements.contains { $0["subresource"].string == "exec" })
    let autoscaling = list[.items].elements.first { $0[.metadata][.name].string == "autoscaling" } ?? .null
    #expect(autoscaling["versions"].elements.map { $0[.version].string } == ["v2", "v1"])
  }

  @Test("a group that is not served is a 404")
  func unknownGroups() {
    var bench = Bench()
    #expect(bench.get("/apis/example.com").status == 404)
    #expect(bench.get("/apis/apps/v9").status == 404)
    #expect(bench.get("/api/v2").status == 404)
    #expect(bench.send("POST", "/apis").status == 405)
  }

  @Test("readyz names its checks when asked")
  func health() {
    var bench = Bench()
    #expect(bench.get("/readyz").bytes == Array("ok".utf8))
    let verbose = String(decoding: bench.get("/readyz?verbose").bytes, as: UTF8.self)
    #expect(verbose.contains("[+]ping ok") && verbose.hasSuffix("readyz check passed\n"))
    #expect(bench.get("/livez/ping").status == 200)
    #expect(bench.get("/livez/nothing").status == 404)
  }

  @Test("OpenAPI v3 has a document for each group version, and v2 one for all")
  func openAPI() {
    var bench = Bench()
    let index = bench.get("/openapi/v3").body["paths"]
    #expect(index["apis/apps/v1"]["serverRelativeURL"].string?.hasPrefix("/openapi/v3/apis/apps/v1?hash=") == true)
    let apps = bench.get("/openapi/v3/apis/apps/v1").body
    #expect(apps["components"]["schemas"]["io.k8s.api.apps.v1.StatefulSet"].isObject)
    #expect(bench.get("/openapi/v3/apis/nothing/v1").status == 404)
    #expect(bench.get("/openapi/v2").body["definitions"]["io.k8s.api.core.v1.Pod"].isObject)
  }

  @Test("each group version that is served has its APIService")
  func apiServices() {
    var bench = Bench()
    let path = "/apis/apiregistration.k8s.io/v1/apiservices"
    let names = bench.get(path).names
    #expect(names.contains("v1.") && names.contains("v1.apps") && names.contains("v1beta1.metrics.k8s.io"))
    #expect(bench.get(path + "/v1.apps").body[.status][.conditions][0][.status].string == "True")
  }
}
