import CoreObjects

/// A group version that is not in the table, as discovery shows it.
struct DynamicVersion: Sendable, Equatable {
  var group: String
  var version: String
  var groupPriority: Int
  var versionPriority: Int
  /// Entries of an APIResourceList.
  var resources: [JSON]
  /// Its server answered the last time that it was asked.
  var isCurrent: Bool

  /// The form of aggregated discovery. Source: ConvertGroupVersionIntoToDiscovery, k8s.io/apiserver/pkg/endpoints, v0.36.
  var discovered: JSON {
    var entries: [JSON] = []
    for resource in resources {
      let name = resource[.name].string ?? ""
      let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
      let scope: JSON = resource[.namespaced].bool == true ? "Namespaced" : "Cluster"
      let response: JSON = [
        "group": resource[.group].string.map { .string($0) } ?? .string(group),
        "version": resource[.version].string.map { .string($0) } ?? .string(version),
        "kind": .string(resource[.kind].string ?? ""),
      ]
      guard parts.count == 2 else {
        var entry: JSON = [
          "resource": .string(name), "responseKind": response, "scope": scope,
          "singularResource": .string(resource[.singularName].string ?? ""), "verbs": .array(resource[.verbs].elements),
        ]
        for key in [Key.shortNames, .categories] { entry.put(key, resource[key]) }
        entries.append(entry)
        continue
      }
      let sub: JSON = ["subresource": .string(parts[1]), "responseKind": response, "verbs": .array(resource[.verbs].elements)]
      if let place = entries.firstIndex(where: { $0["resource"].string == parts[0] }) {
        entries[place].put("subresources", .array(entries[place]["subresources"].elements + [sub]))
      } else {
        // A parent that is not served: metrics adapters name "pods/requests" without "pods".
        entries.append([
          "resource": .string(parts[0]), "responseKind": ["group": "", "version": "", "kind": ""], "scope": scope,
          "singularResource": "", "verbs": [], "subresources": [sub],
        ])
      }
    }
    return [
      "version": .string(version), "resources": .array(entries), "freshness": isCurrent ? "Current" : "Stale",
    ]
  }
}
