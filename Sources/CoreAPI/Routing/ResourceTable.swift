import CoreObjects

/// A resource under one of the group versions that serve it. Made once each; every request and every write passes one on.
final class ServedResource: Sendable {
  let resource: any Resource
  let definition: ResourceDefinition
  let version: ServedVersion
  let isStorageVersion: Bool
  let id: ResourceID
  let storage: ServedVersion
  /// Of the objects as this version has them, and as they are stored. Nil only where the schema does not have the kind.
  let type: TypeSchema?
  let storageType: TypeSchema?
  /// The name as this version's clients know it: group of the request, plural of the resource.
  let requestID: ResourceID
  /// When the schema of the stored version became what it is; 0 where it is always the same.
  private let schemaRevision: UInt64
  /// A CustomResourceDefinition adds it.
  let isCustom: Bool

  init(_ resource: any Resource, _ version: ServedVersion, storage: ServedVersion) {
    self.resource = resource
    definition = resource.definition
    self.version = version
    self.storage = storage
    isStorageVersion = version == storage
    id = definition.id
    type = resource.type(version)
    storageType = isStorageVersion ? type : resource.type(storage)
    requestID = ResourceID(version.group, definition.id.name)
    schemaRevision = (resource as? CustomResource)?.schemaRevision ?? 0
    isCustom = resource is CustomResource
  }

  /// The schema has changed since an object was stored, or the version that is stored.
  func isOutdated(_ tree: JSON, _ revision: UInt64) -> Bool {
    guard schemaRevision > 0 else { return false }
    return revision < schemaRevision || !tree[.apiVersion].isText(storage.apiVersion)
  }

  /// A stored object as this version has it.
  func shown(_ tree: JSON) -> JSON {
    if isStorageVersion {
      let revision = tree[.metadata][.resourceVersion].string.flatMap { UInt64($0) } ?? 0
      return isOutdated(tree, revision) ? resource.convert(tree, from: storage, to: version) : tree
    }
    return resource.convert(tree, from: storage, to: version)
  }

  /// Kinds of CustomResourceDefinitions take no strategic merge patch: their schemas do not say how lists merge.
  var patchTypes: [String] { APIServer.patchTypes.filter { $0 != APIServer.strategicType || !isCustom } }

  var listKind: String { definition.listKind ?? definition.kind + "List" }
}

/// Which paths lead to which resources. Made once; shared by all requests.
final class ResourceTable: Sendable {
  private struct Route: Hashable {
    let group: String
    let version: String
    let name: String
  }
  struct Group: Sendable {
    let name: String
    /// The preferred one first.
    let versions: [String]
  }

  let resources: [any Resource]
  /// In the order of /apis; the core group first.
  let groups: [Group]
  private let routes: [Route: ServedResource]
  private let storage: [ResourceID: ServedResource]
  private let byVersion: [String: [ServedResource]]

  /// - Parameter custom: kinds that CustomResourceDefinitions add; what is served anyway stays as it is
  init(_ resources: [any Resource], custom: [CustomResource] = []) {
    var routes: [Route: ServedResource] = [:]
    var storage: [ResourceID: ServedResource] = [:]
    var byVersion: [String: [ServedResource]] = [:]
    var versions: [String: Set<String>] = [:]
    var kept: [any Resource] = []
    for resource in resources + custom.map({ $0 as any Resource }) {
      let definition = resource.definition
      if storage[definition.id] != nil { continue }
      kept.append(resource)
      let stored = definition.versions[0]
      for version in definition.versions {
        let served = ServedResource(resource.face(version), version, storage: stored)
        if version == stored { storage[definition.id] = served }
        guard resource.isServed(version) else { continue }
        routes[Route(group: version.group, version: version.version, name: definition.id.name)] = served
        byVersion[version.apiVersion, default: []].append(served)
        versions[version.group, default: []].insert(version.version)
      }
    }
    self.resources = kept
    self.routes = routes
    self.storage = storage
    self.byVersion = byVersion.mapValues { $0.sorted { $0.definition.id.name < $1.definition.id.name } }
    groups = versions.keys.sorted { ResourceTable.place($0) < ResourceTable.place($1) }
      .map { Group(name: $0, versions: versions[$0]!.sorted(by: ResourceTable.isPreferred)) }
  }

  func find(group: String, version: String, name: String) -> ServedResource? {
    routes[Route(group: group, version: version, name: name)]
  }

  /// By the resource's own name, in its storage version.
  func find(_ id: ResourceID) -> ServedResource? { storage[id] }

  /// By apiVersion, sorted by name; nil where the version is not served.
  func resources(of apiVersion: String) -> [ServedResource]? { byVersion[apiVersion] }

  /// Order of /apis. Source: the group priorities of kube-aggregator's local APIServices, v1.36.
  private static let order = [
    "", "apiregistration.k8s.io", "apps", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "autoscaling",
    "batch",
    "certificates.k8s.io", "networking.k8s.io", "policy", "rbac.authorization.k8s.io", "storage.k8s.io",
    "admissionregistration.k8s.io", "apiextensions.k8s.io", "scheduling.k8s.io", "coordination.k8s.io", "node.k8s.io",
    "discovery.k8s.io", "resource.k8s.io", "flowcontrol.apiserver.k8s.io", "metrics.k8s.io",
  ]

  /// Those of CustomResourceDefinitions stand before the last one, which another server serves elsewhere.
  private static func place(_ group: String) -> (Int, String) {
    (order.firstIndex(of: group).map { $0 * 2 } ?? order.count * 2 - 3, group)
  }

  /// v2 before v1 before v1beta1.
  private static func isPreferred(_ left: String, _ right: String) -> Bool {
    func rank(_ version: String) -> (Int, Int, Int) {
      let digits = version.dropFirst().prefix { $0.isNumber }
      let rest = version.dropFirst(1 + digits.count)
      let stage = rest.isEmpty ? 2 : rest.hasPrefix("beta") ? 1 : 0
      return (stage, Int(digits) ?? 0, Int(rest.drop { !$0.isNumber }) ?? 0)
    }
    return rank(left) > rank(right)
  }
}
