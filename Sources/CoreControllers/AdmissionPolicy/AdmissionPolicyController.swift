package import CoreObjects

/// Says of each ValidatingAdmissionPolicy that it was looked at: its expressions compile, or it would not be there. Types of the
/// objects that they are about are not looked at, so nobody is warned of them. Source: pkg/controller/validatingadmissionpolicystatus, v1.36.
package struct AdmissionPolicyController: Controller {
  package let name = "validatingadmissionpolicy-status-controller"
  package var resources: Set<ResourceID>? { [.validatingPolicies] }

  package init() {}

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    change.kind == .deleted ? [] : [change.object.key]
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key) else { return Plan() }
    let generation = stored.tree[.metadata][.generation]
    let status = stored.tree[.status]
    if status[.observedGeneration] == generation, !status[.typeChecking].isNull { return Plan() }
    return Plan(changes: [.patchStatus(of: key, with: ["observedGeneration": generation, "typeChecking": .object([])])])
  }
}
