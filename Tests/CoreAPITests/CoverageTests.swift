import CoreObjects
import Foundation
import Testing

@testable import CoreAPI

/// What a v1.36.2 API server serves, beside what is served here. Each test prints how much of it.
@Suite("How much of v1.36 is served")
struct CoverageTests {
  /// A recording, line by line; lines that begin with spaces belong to the one above.
  private static func recording(_ name: String) throws -> [(head: String, lines: [String])] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Recordings/\(name)-v1.36.txt")
    var entries: [(head: String, lines: [String])] = []
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
      if line.hasPrefix("  ") {
        entries[entries.count - 1].lines.append(String(line.dropFirst(2)))
      } else {
        entries.append((String(line), []))
      }
    }
    return entries
  }

  private static func isServed(_ name: String) -> Bool {
    // The metrics of the recorded server were a stand-in; CustomResourceDefinitions are no part of the table of kinds.
    !name.contains("metrics.k8s.io") && !name.contains("apiextensions")
  }

  private static func texts(_ list: JSON) -> [String] { list.elements.compactMap(\.string).sorted() }

  /// One resource or subresource of discovery, as the recording has it.
  private static func line(_ resource: JSON) -> String {
    func list(_ name: String, _ key: Key) -> String {
      let texts = texts(resource[key])
      return texts.isEmpty ? "" : " \(name)=" + texts.joined(separator: ",")
    }
    let singular = resource[.singularName].string ?? ""
    return "\(resource[.name].string ?? "") \(resource[.kind].string ?? "") \(singular.isEmpty ? "-" : singular) "
      + (resource[.namespaced] == true ? "namespaced" : "cluster") + list("verbs", .verbs) + list("short", .shortNames)
      + list("categories", .categories)
  }

  @Test("every resource, subresource, verb, short name and category of v1.36 is served, and no other")
  func discovery() throws {
    var bench = Bench()
    var found = 0
    for (path, lines) in try Self.recording("discovery") where Self.isServed(path) {
      let ours = Set(bench.get(path).body[.resources].elements.map(Self.line))
      #expect(Set(lines).subtracting(ours).sorted() == [], "\(path): missing, or otherwise")
      #expect(ours.subtracting(lines).sorted() == [], "\(path): only here, or otherwise")
      found += ours.intersection(lines).count
    }
    print("resources and subresources as in v1.36: \(found)")
    #expect(found > 110)
  }

  @Test("the groups come in upstream's order, each with its versions and the preferred one")
  func groups() throws {
    var bench = Bench()
    let served = bench.get("/apis").body["groups"].elements.map { group in
      ([group[.name], group["preferredVersion"]["groupVersion"]] + group["versions"].elements.map { $0["groupVersion"] })
        .compactMap(\.string).joined(separator: " ")
    }
    #expect(served.filter(Self.isServed) == (try Self.recording("groups")).map(\.head).filter(Self.isServed))
  }

  @Test("aggregated discovery tells the same of every group version")
  func aggregated() throws {
    var bench = Bench()
    let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    for root in ["/api", "/apis"] {
      for group in bench.get(root, accept: accept).body[.items].elements {
        let name = group[.metadata][.name].string ?? ""
        for version in group["versions"].elements {
          let path = root + (name.isEmpty ? "" : "/" + name) + "/" + (version[.version].string ?? "")
          let lines = version[.resources].elements.flatMap { resource in
            let plural = resource["resource"].string ?? ""
            let subs = resource["subresources"].elements.map {
              "\(plural)/\($0["subresource"].string ?? "") \(Self.texts($0[.verbs]))"
            }
            return ["\(plural) \(Self.texts(resource[.verbs]))"] + subs
          }
          let plain = bench.get(path).body[.resources].elements.map { "\($0[.name].string ?? "") \(Self.texts($0[.verbs]))" }
          #expect(lines.sorted() == plain.sorted(), "\(path)")
        }
      }
    }
  }

  @Test("every field of every type is known")
  func fields() throws {
    let types = Dictionary(Schema.shared.types.map { ($0.openAPIName, $0) }, uniquingKeysWith: { first, _ in first })
    // Those of scalars, of patches and of /version are no types of objects.
    let others = ["Quantity", "FieldsV1", "MicroTime", "Patch", "Time", "RawExtension", "IntOrString", "Info"]
    var found = 0
    for (head, lines) in try Self.recording("schema") where Self.isServed(head) {
      let name = String(head.prefix { $0 != " " })
      if others.contains(where: { name.hasSuffix("." + $0) }) { continue }
      let ours = Set(types[name]?.fields.map(\.name) ?? [])
      let theirs = Set(lines.map { String($0.prefix { $0 != " " }) })
      #expect(theirs.subtracting(ours).sorted() == [], "\(name)")
      found += theirs.count
    }
    print("fields as in v1.36: \(found)")
    #expect(found > 2300)
  }

  @Test("every table has upstream's columns, with their types, formats and priorities, and as many cells")
  func columns() throws {
    var bench = Bench()
    var found = 0
    for (path, lines) in try Self.recording("tables") where Self.isServed(path) {
      let answer = bench.get(path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io").body
      let ours = answer[.columnDefinitions].elements.map { column in
        [Key.name, .type, .format].map { column[$0].string ?? "" }.joined(separator: "|") + "|\(column[.priority].int ?? 0)"
      }
      #expect(ours == lines, "\(path)")
      for row in answer[.rows].elements { #expect(row[.cells].elements.count == lines.count, "\(path)") }
      found += lines.count
    }
    print("columns as in v1.36: \(found)")
    #expect(found > 300)
  }

  @Test("every field selector of upstream's is understood, and no other")
  func selectors() throws {
    var bench = Bench()
    let recorded = Dictionary(
      uniqueKeysWithValues: try Self.recording("selectors").map { entry in
        let words = entry.head.split(separator: " ").map(String.init)
        return ("\(words[0]) \(words[1])", Array(words.dropFirst(2)))
      })
    var found = 0
    for definition in Resources.all.map(\.definition) {
      for version in definition.versions {
        let package = version.typeName.split(separator: ".").dropLast().joined(separator: "/")
        let path = (version.group.isEmpty ? "/api/v1/" : "/apis/\(version.apiVersion)/") + definition.id.name
        for field in recorded["\(package) \(definition.kind)"] ?? ["metadata.name"] {
          #expect(bench.get("\(path)?fieldSelector=\(field)%3Dx").status == 200, "\(definition.kind) \(field)")
          found += 1
        }
        #expect(bench.get("\(path)?fieldSelector=spec.nothing%3Dx").status == 400, "\(definition.kind)")
      }
    }
    print("field selectors as in v1.36: \(found)")
    #expect(found > 80)
  }
}
