import CoreObjects

/// Who has a role, in a namespace or in the whole cluster.
struct RoleBindingResource: Resource {
  static let namespaced = RoleBindingResource(.roleBindings, kind: "RoleBinding", isNamespaced: true)
  static let cluster = RoleBindingResource(.clusterRoleBindings, kind: "ClusterRoleBinding", isNamespaced: false)
  let definition: ResourceDefinition

  private init(_ id: ResourceID, kind: String, isNamespaced: Bool) {
    definition = ResourceDefinition(
      id: id, kind: kind, isNamespaced: isNamespaced,
      columns: [.name, "Role", .age, .wide("Users"), .wide("Groups"), .wide("ServiceAccounts")], nameRule: .pathSegment)
  }

  func setDefaults(_ object: inout JSON) {
    var binding = RoleBinding(tree: object)
    for index in binding.subjects.indices where binding.subjects[index].apiGroup == nil {
      let isAccount = binding.subjects[index].kind == "ServiceAccount"
      if !isAccount { binding.subjects[index].apiGroup = "rbac.authorization.k8s.io" }
    }
    object = binding.tree
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let binding = RoleBinding(tree: object)
    func names(_ kind: String) -> JSON {
      TableCells.list(
        binding.subjects.filter { $0.kind == kind }.map {
          kind == "ServiceAccount" ? "\($0.namespace ?? "")/\($0.name ?? "")" : $0.name ?? ""
        })
    }
    return [
      TableCells.name(object), .string("\(binding.roleRef.kind ?? "")/\(binding.roleRef.name ?? "")"),
      TableCells.age(object, now),
      names("User"), names("Group"), names("ServiceAccount"),
    ]
  }
}
