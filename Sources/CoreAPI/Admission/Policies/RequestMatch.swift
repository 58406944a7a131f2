import CoreObjects

/// What is asked of those who judge requests: policies and webhooks.
struct AdmissionAttributes: Sendable {
  enum Operation: String, Sendable {
    case create = "CREATE"
    case update = "UPDATE"
    case delete = "DELETE"
    case connect = "CONNECT"
  }

  var operation: Operation
  var served: ServedResource
  var subresource = ""
  var namespace: String
  var name: String
  /// Null where there is none.
  var object: JSON
  var oldObject: JSON
  var user: Caller
  var isDryRun = false

  /// As the review of a webhook and the variable `request` have it.
  /// Source: the fields of AdmissionRequest, k8s.io/api/admission/v1, v0.36.
  var tree: JSON {
    let version = served.version
    let kind: JSON = [
      "group": .string(version.group), "version": .string(version.version), "kind": .string(served.definition.kind),
    ]
    let resource: JSON = [
      "group": .string(version.group), "version": .string(version.version), "resource": .string(served.id.name),
    ]
    var info: JSON = ["username": .string(user.name), "groups": .array(user.groups.map { .string($0) })]
    if !user.uid.isEmpty { info.put(.uid, .string(user.uid)) }
    if !user.extra.isEmpty {
      info.put(
        .extra,
        .object(
          user.extra.keys.sorted().map { name in
            Member(key: Key(name), value: .array((user.extra[name] ?? []).map { .string($0) }))
          }))
    }
    var tree: JSON = ["kind": kind, "resource": resource, "requestKind": kind, "requestResource": resource]
    if !subresource.isEmpty {
      tree.put("subResource", .string(subresource))
      tree.put("requestSubResource", .string(subresource))
    }
    if !name.isEmpty { tree.put(.name, .string(name)) }
    if !namespace.isEmpty { tree.put(.namespace, .string(namespace)) }
    tree.put("operation", .string(operation.rawValue))
    tree.put("userInfo", info)
    tree.put("dryRun", .bool(isDryRun))
    return tree
  }
}

/// Which requests something is about: rules, and selectors of namespaces and objects.
/// Source: k8s.io/apiserver/pkg/admission/plugin/policy/matching and webhook/predicates, v1.36.
struct RequestMatch: Sendable {
  private struct Rule: Sendable {
    let operations: Set<String>
    let groups: Set<String>
    let versions: Set<String>
    let resources: [String]
    let names: Set<String>
    let scope: String

    init(_ tree: JSON) {
      func texts(_ key: Key) -> [String] { tree[key].elements.compactMap(\.string) }
      operations = Set(texts("operations"))
      groups = Set(texts(.apiGroups))
      versions = Set(texts("apiVersions"))
      resources = texts("resources")
      names = Set(texts(.resourceNames))
      scope = tree[.scope].string ?? "*"
    }

    /// - Parameter anyVersion: a request in another version of the same resource is as good
    func matches(_ request: AdmissionAttributes, anyVersion: Bool) -> Bool {
      func holds(_ set: Set<String>, _ value: String) -> Bool { set.contains("*") || set.contains(value) }
      guard holds(operations, request.operation.rawValue), names.isEmpty || names.contains(request.name) else { return false }
      switch scope {
      case "Cluster": if request.served.definition.isNamespaced { return false }
      case "Namespaced": if !request.served.definition.isNamespaced { return false }
      default: break
      }
      let faces = anyVersion ? request.served.definition.versions : [request.served.version]
      guard faces.contains(where: { holds(groups, $0.group) && holds(versions, $0.version) }) else { return false }
      return resources.contains { RequestMatch.matches($0, request.served.id.name, request.subresource) }
    }
  }

  private let rules: [Rule]
  private let excluded: [Rule]
  private let namespaces: LabelSelector
  private let objects: LabelSelector
  private let isExact: Bool

  /// - Parameters:
  ///   - tree: a MatchResources, or a webhook
  ///   - rules: where its rules are
  init(_ tree: JSON, rules: Key = "resourceRules") {
    self.rules = tree[rules].elements.map(Rule.init)
    excluded = tree["excludeResourceRules"].elements.map(Rule.init)
    namespaces = LabelSelector(tree: tree[.namespaceSelector])
    objects = LabelSelector(tree: tree["objectSelector"])
    isExact = tree["matchPolicy"].string == "Exact"
  }

  /// "pods", "pods/*", "*/scale", "*", "*/*".
  private static func matches(_ pattern: String, _ resource: String, _ subresource: String) -> Bool {
    let parts = pattern.split(separator: "/", maxSplits: 1).map(String.init)
    guard let name = parts.first, name == "*" || name == resource else { return false }
    let wanted = parts.count == 2 ? parts[1] : ""
    return wanted == subresource || wanted == "*"
  }

  /// - Parameter namesRules: it is about nothing that its rules do not name; a binding without rules is about all
  func matches(_ request: AdmissionAttributes, _ store: Store, namesRules: Bool = true) -> Bool {
    if !rules.isEmpty || namesRules {
      guard rules.contains(where: { $0.matches(request, anyVersion: !isExact) }) else { return false }
    }
    if excluded.contains(where: { $0.matches(request, anyVersion: !isExact) }) { return false }
    return selectsNamespace(request, store) && selectsObject(request)
  }

  /// A namespace is its own; what has none is always selected.
  private func selectsNamespace(_ request: AdmissionAttributes, _ store: Store) -> Bool {
    if namespaces.isEverything { return true }
    if request.served.id == .namespaces {
      let tree = request.object.isNull ? request.oldObject : request.object
      return namespaces.matches(TextMap(tree: tree[.metadata][.labels]))
    }
    if request.namespace.isEmpty { return true }
    guard let namespace = store.get(.namespaces, request.namespace) else { return false }
    return namespaces.matches(namespace.metadata.labels)
  }

  /// One of the object before and after is enough.
  private func selectsObject(_ request: AdmissionAttributes) -> Bool {
    if objects.isEverything { return true }
    return [request.object, request.oldObject].contains {
      !$0.isNull && objects.matches(TextMap(tree: $0[.metadata][.labels]))
    }
  }
}
