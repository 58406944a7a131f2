import CoreObjects

/// What is served, as clients ask for it: group by group, or all at once (aggregated).
struct DiscoveryDocuments: Sendable {
  private var table: ResourceTable
  private let serverAddress: String
  /// Made when first asked for, and again when what other servers serve has changed.
  private var aggregated: [String: (dynamic: [DynamicVersion], bytes: [UInt8])] = [:]

  init(_ table: ResourceTable, serverAddress: String) {
    self.table = table
    self.serverAddress = serverAddress
  }

  mutating func serve(_ table: ResourceTable) {
    self.table = table
    aggregated = [:]
  }

  /// The answer for "/api", "/apis" and below; nil where nothing is.
  /// - Parameter dynamic: the versions that other servers serve
  mutating func answer(_ segments: [String], _ accept: Accept, _ dynamic: [DynamicVersion]) -> APIResponse? {
    if segments.count == 1, case .discovery(let version) = accept.shape {
      let core = segments[0] == "api"
      let slot = (core ? "api/" : "apis/") + version
      if aggregated[slot]?.dynamic != dynamic {
        aggregated[slot] = (dynamic, aggregatedList(core: core, version: version, dynamic).encoded())
      }
      let type = "application/json;g=apidiscovery.k8s.io;v=\(version);as=APIGroupDiscoveryList"
      return .body(
        status: 200, contentType: type, chunks: [aggregated[slot]?.bytes ?? []], headers: [APIResponse.Header("Vary", "Accept")])
    }
    switch (segments.first, segments.count) {
    case ("api", 1):
      let addresses: JSON = [["clientCIDR": "0.0.0.0/0", "serverAddress": .string(serverAddress)]]
      return .json(["kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses])
    case ("api", 2): return resourceList(segments[1])
    case ("apis", 1):
      let groups = groups(with: dynamic).map(group)
      return .json(["kind": "APIGroupList", "apiVersion": "v1", "groups": .array(groups)])
    case ("apis", 2):
      guard let found = groups(with: dynamic).first(where: { $0.name == segments[1] }) else { return nil }
      var tree: JSON = ["kind": "APIGroup", "apiVersion": "v1"]
      tree.members += group(found).members
      return .json(tree)
    case ("apis", 3): return resourceList(segments[1] + "/" + segments[2])
    default: return nil
    }
  }

  /// Those of /apis: our own first, others by their priority; the versions of others behind our own.
  private func groups(with dynamic: [DynamicVersion]) -> [ResourceTable.Group] {
    var groups = table.groups.filter { !$0.name.isEmpty }
    for group in DiscoveryDocuments.ordered(dynamic) where !groups.contains(where: { $0.name == group.name }) {
      groups.append(ResourceTable.Group(name: group.name, versions: []))
    }
    return groups.map { group in
      let more = DiscoveryDocuments.ordered(dynamic).first { $0.name == group.name }?.versions ?? []
      let others = more.map(\.version).filter { !group.versions.contains($0) }
      return ResourceTable.Group(name: group.name, versions: group.versions + others)
    }
  }

  /// By priority, then name. Source: kube-aggregator, pkg/apis/apiregistration/v1/helper, v1.36.
  private static func ordered(_ dynamic: [DynamicVersion]) -> [(name: String, versions: [DynamicVersion])] {
    let names = Set(dynamic.map(\.group))
    let groups = names.sorted().map { name in
      let versions = dynamic.filter { $0.group == name }.sorted {
        ($1.versionPriority, $0.version) < ($0.versionPriority, $1.version)
      }
      return (name: name, versions: versions)
    }
    func priority(_ group: (name: String, versions: [DynamicVersion])) -> Int {
      group.versions.map(\.groupPriority).max() ?? 0
    }
    return groups.sorted { (priority($1), $0.name) < (priority($0), $1.name) }
  }

  private func group(_ group: ResourceTable.Group) -> JSON {
    let versions = group.versions.map { ["groupVersion": .string(group.name + "/" + $0), "version": .string($0)] as JSON }
    return ["name": .string(group.name), "versions": .array(versions), "preferredVersion": versions[0]]
  }

  private func resourceList(_ apiVersion: String) -> APIResponse? {
    guard let resources = table.resources(of: apiVersion) else { return nil }
    let entries = resources.flatMap(entries).sorted { ($0[.name].string ?? "") < ($1[.name].string ?? "") }
    return .json([
      "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(apiVersion), "resources": .array(entries),
    ])
  }

  private func entries(_ served: ServedResource) -> [JSON] {
    let definition = served.definition
    var main: JSON = [
      "name": .string(definition.id.name), "singularName": .string(definition.singular ?? definition.kind.lowercased()),
      "namespaced": .bool(definition.isNamespaced),
      "kind": .string(definition.kind), "verbs": texts(definition.verbs),
    ]
    if !definition.shortNames.isEmpty { main.put(.shortNames, texts(definition.shortNames)) }
    if !definition.categories.isEmpty { main.put(.categories, texts(definition.categories)) }
    return [main]
      + definition.allSubresources.map { sub in
        var tree: JSON = [
          "name": .string(definition.id.name + "/" + sub.name), "singularName": "", "namespaced": .bool(definition.isNamespaced),
        ]
        if let group = sub.group { tree.put(.group, .string(group)) }
        if let version = sub.version { tree.put(.version, .string(version)) }
        tree.put(.kind, .string(sub.kind))
        tree.put(.verbs, texts(sub.verbs))
        return tree
      }
  }

  private func aggregatedList(core: Bool, version: String, _ dynamic: [DynamicVersion]) -> JSON {
    let groups = core ? table.groups.filter { $0.name.isEmpty } : groups(with: dynamic)
    let items = groups.map { group in
      let versions = group.versions.map { name in
        if let other = dynamic.first(where: { $0.group == group.name && $0.version == name }) { return other.discovered }
        let resources = table.resources(of: group.name.isEmpty ? name : group.name + "/" + name) ?? []
        return ["version": .string(name), "resources": .array(resources.map(discovered)), "freshness": "Current"] as JSON
      }
      let metadata: JSON = group.name.isEmpty ? .object([]) : ["name": .string(group.name)]
      return ["metadata": metadata, "versions": .array(versions)] as JSON
    }
    return [
      "kind": "APIGroupDiscoveryList", "apiVersion": .string("apidiscovery.k8s.io/" + version), "metadata": .object([]),
      "items": .array(items),
    ]
  }

  private func discovered(_ served: ServedResource) -> JSON {
    let definition = served.definition
    func kind(_ kind: String, _ group: String, _ version: String) -> JSON {
      ["group": .string(group), "version": .string(version), "kind": .string(kind)]
    }
    var tree: JSON = [
      "resource": .string(definition.id.name),
      "responseKind": kind(definition.kind, served.version.group, served.version.version),
      "scope": definition.isNamespaced ? "Namespaced" : "Cluster",
      "singularResource": .string(definition.singular ?? definition.kind.lowercased()),
      "verbs": texts(definition.verbs),
    ]
    if !definition.shortNames.isEmpty { tree.put(.shortNames, texts(definition.shortNames)) }
    if !definition.categories.isEmpty { tree.put(.categories, texts(definition.categories)) }
    let subresources = definition.allSubresources.map { sub in
      let group = sub.group ?? served.version.group
      let version = sub.version ?? served.version.version
      return ["subresource": .string(sub.name), "responseKind": kind(sub.kind, group, version), "verbs": texts(sub.verbs)] as JSON
    }
    if !subresources.isEmpty { tree.put("subresources", .array(subresources)) }
    return tree
  }

  private func texts(_ values: [String]) -> JSON { .array(values.map { .string($0) }) }
}

extension ResourceDefinition {
  /// With status, sorted by name.
  var allSubresources: [Subresource] {
    let status = hasStatus ? [Subresource(name: "status", kind: kind, verbs: ["get", "patch", "update"])] : []
    return (subresources.filter { $0.name != "status" || !hasStatus } + status).sorted { $0.name < $1.name }
  }
}
