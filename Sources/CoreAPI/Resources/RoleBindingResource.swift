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

  /// Source: ValidateRoleBinding and ValidateClusterRoleBinding, pkg/apis/rbac/validation, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let binding = RoleBinding(tree: object)
    var errors: [FieldError] = []
    let group = "rbac.authorization.k8s.io"
    func oneOf(_ supported: [String], _ value: String?, _ path: FieldPath) {
      if !supported.contains(value ?? "") { errors.append(.notSupported(path, value: value ?? "", supported: supported)) }
    }
    oneOf([group], binding.roleRef.apiGroup, "roleRef.apiGroup")
    oneOf(definition.isNamespaced ? ["ClusterRole", "Role"] : ["ClusterRole"], binding.roleRef.kind, "roleRef.kind")
    if let name = binding.roleRef.name, let problem = NameRules.problem(name, .pathSegment) {
      errors.add(.invalid, "roleRef.name", value: name, problem)
    }
    for (index, subject) in binding.subjects.enumerated() {
      let at = FieldPath("subjects").index(index)
      switch subject.kind {
      case "ServiceAccount":
        if let name = subject.name, !name.isEmpty, let problem = NameRules.problem(name, .dnsSubdomain) {
          errors.add(.invalid, at.child("name"), value: name, problem)
        }
        oneOf([""], subject.apiGroup, at.child("apiGroup"))
        if !definition.isNamespaced, (subject.namespace ?? "").isEmpty {
          errors.add(.required, at.child("namespace"), "an account lives in a namespace")
        }
      case "User", "Group": oneOf([group], subject.apiGroup, at.child("apiGroup"))
      default: oneOf(["ServiceAccount", "User", "Group"], subject.kind, at.child("kind"))
      }
    }
    return errors
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
