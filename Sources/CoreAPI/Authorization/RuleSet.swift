import CoreObjects

/// What is asked for, as rules speak of it.
struct Access: Sendable, Equatable {
  var verb: String
  var group = ""
  /// "pods" or "pods/exec"
  var resource = ""
  var subresource = ""
  var name = ""
  /// Set for paths that are no resources; the others are empty then.
  var path: String?
}

/// The rules of one role, read off its tree. Source: k8s.io/kubernetes/pkg/apis/rbac/v1/evaluation_helpers.go, v1.36.
struct RuleSet: Sendable, Equatable {
  var rules: [PolicyRuleEntry]

  init(_ tree: JSON) { rules = tree.elements.map(PolicyRuleEntry.init) }

  func allows(_ access: Access) -> Bool { rules.contains { $0.allows(access) } }
}

struct PolicyRuleEntry: Sendable, Equatable {
  var verbs: [String]
  var groups: [String]
  var resources: [String]
  var names: [String]
  var paths: [String]

  init(_ tree: JSON) {
    func texts(_ tree: JSON) -> [String] { tree.elements.compactMap(\.string) }
    verbs = texts(tree[.verbs])
    groups = texts(tree[.apiGroups])
    resources = texts(tree[.resources])
    names = texts(tree[.resourceNames])
    paths = texts(tree[.nonResourceURLs])
  }

  func allows(_ access: Access) -> Bool {
    guard verbs.contains(where: { $0 == "*" || $0 == access.verb }) else { return false }
    if let path = access.path { return paths.contains { PolicyRuleEntry.covers($0, path) } }
    guard groups.contains(where: { $0 == "*" || $0 == access.group }) else { return false }
    guard resources.contains(where: { PolicyRuleEntry.matches($0, access) }) else { return false }
    return names.isEmpty || names.contains(access.name)
  }

  /// "*" all, "pods/exec" exactly that, "*/scale" the subresource of anything.
  private static func matches(_ pattern: String, _ access: Access) -> Bool {
    if pattern == "*" { return true }
    if access.subresource.isEmpty { return pattern == access.resource }
    guard let slash = pattern.firstIndex(of: "/") else { return false }
    let resource = pattern[..<slash]
    return (resource == "*" || resource == access.resource) && pattern[pattern.index(after: slash)...] == access.subresource
  }

  private static func covers(_ pattern: String, _ path: String) -> Bool {
    if pattern == "*" || pattern == path { return true }
    return pattern.hasSuffix("*") && path.hasPrefix(pattern.dropLast())
  }

  /// Every single access that this rule grants, one pattern each: what a grantor must hold.
  var parts: [Access] {
    var parts: [Access] = []
    for verb in verbs {
      parts += paths.map { Access(verb: verb, path: $0) }
      for group in groups {
        for resource in resources {
          let slash = resource.firstIndex(of: "/")
          let plain = slash.map { String(resource[..<$0]) } ?? resource
          let sub = slash.map { String(resource[resource.index(after: $0)...]) } ?? ""
          for name in names.isEmpty ? [""] : names {
            parts.append(Access(verb: verb, group: group, resource: plain, subresource: sub, name: name))
          }
        }
      }
    }
    return parts
  }
}
