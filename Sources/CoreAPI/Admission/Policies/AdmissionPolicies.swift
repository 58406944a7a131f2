import CoreObjects

/// The policies that are in force, and what puts them into force: kept up with the store.
struct AdmissionPolicies: Sendable {
  /// Policies do not judge what they are themselves made of: nobody could mend one that refuses everything.
  static func isPart(_ resource: ResourceID) -> Bool {
    resource == .validatingPolicies || resource == .validatingPolicyBindings || resource == .mutatingPolicies
      || resource == .mutatingPolicyBindings
  }

  struct Binding: Sendable {
    let name: String
    let policyName: String
    let match: RequestMatch
    let paramRef: JSON
    let actions: Set<String>

    init(_ tree: JSON) {
      let spec = tree[.spec]
      name = tree[.metadata][.name].string ?? ""
      policyName = spec["policyName"].string ?? ""
      match = RequestMatch(spec["matchResources"])
      paramRef = spec["paramRef"]
      actions = Set(spec["validationActions"].elements.compactMap(\.string))
    }
  }

  struct Bound: Sendable {
    let policy: AdmissionPolicy
    let binding: Binding
  }

  private var policies: [ResourceID: [String: AdmissionPolicy]] = [:]
  private var bindings: [ResourceID: [String: Binding]] = [:]
  /// In the order of the policies' names, then of the bindings'.
  private(set) var validating: [Bound] = []
  private(set) var mutating: [Bound] = []

  init(_ store: Store) {
    for resource in [ResourceID.validatingPolicies, .validatingPolicyBindings, .mutatingPolicies, .mutatingPolicyBindings] {
      for object in store.list(resource) { put(object.key, object.tree) }
    }
    bind()
  }

  mutating func update(with change: StoreChange) {
    put(change.object.key, change.kind == .deleted ? nil : change.object.tree)
    bind()
  }

  private mutating func put(_ key: ObjectKey, _ tree: JSON?) {
    switch key.resource {
    case .validatingPolicies, .mutatingPolicies:
      let isMutating = key.resource == .mutatingPolicies
      policies[key.resource, default: [:]][key.name] = tree.flatMap { try? AdmissionPolicy($0, isMutating: isMutating) }
    default: bindings[key.resource, default: [:]][key.name] = tree.map(Binding.init)
    }
  }

  private mutating func bind() {
    validating = bound(.validatingPolicies, .validatingPolicyBindings)
    mutating = bound(.mutatingPolicies, .mutatingPolicyBindings)
  }

  private func bound(_ policies: ResourceID, _ bindings: ResourceID) -> [Bound] {
    let all = self.bindings[bindings] ?? [:]
    let found = all.keys.sorted().compactMap { name -> Bound? in
      guard let binding = all[name], let policy = self.policies[policies]?[binding.policyName] else { return nil }
      return Bound(policy: policy, binding: binding)
    }
    return found.sorted { ($0.policy.name, $0.binding.name) < ($1.policy.name, $1.binding.name) }
  }
}
