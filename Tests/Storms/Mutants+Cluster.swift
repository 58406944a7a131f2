import CoreControllers
import CoreObjects

/// Mistakes planted into what keeps the cluster rather than a workload.
extension Mutants {
  static let cluster = quotas + endpoints + nodes + keepers + volumes

  private static let quotas = [
    Mutant(
      "a quota forgets one pod", in: "resourcequota-controller", QuotaSubject.self,
      plans: { plan, _, _ in
        plan.alterStatus(of: .resourceQuotas) { tree in
          guard let pods = tree[.status][.used][.pods].string.flatMap({ Int($0) }), pods > 0 else { return }
          tree[.status][.used].put(.pods, .string("\(pods - 1)"))
        }
      }),
    Mutant(
      "ended pods are counted", in: "resourcequota-controller", QuotaSubject.self,
      sees: { snapshot, _, _ in snapshot.alterAll(.pods) { $0[.status].put(.phase, "Running") } }),
    Mutant(
      "one eviction more than the budget allows", in: "disruption-controller", BudgetSubject.self,
      plans: { plan, _, _ in
        plan.alterStatus(of: .podDisruptionBudgets) { tree in
          tree[.status].put(.disruptionsAllowed, .int(Int64((tree[.status][.disruptionsAllowed].int ?? 0) + 1)))
        }
      }),
    Mutant(
      "pods that are not ready count as healthy", in: "disruption-controller", BudgetSubject.self,
      sees: { snapshot, _, _ in snapshot.alterAll(.pods) { $0.makeReady() } }),
  ]

  private static let endpoints = [
    Mutant(
      "pods that are not ready get connections", in: "endpoint-controller", EndpointSliceSubject.self,
      sees: { snapshot, _, _ in snapshot.alterAll(.pods) { $0.makeReady() } }),
    Mutant(
      "the address of a pod that is gone stays", in: "endpoint-controller", EndpointSliceSubject.self,
      plans: { plan, snapshot, _ in
        for index in plan.changes.indices {
          guard case .update(.endpointSlices, var tree) = plan.changes[index].write,
            let before = snapshot.store.get(.endpointSlices, namespace: "default", tree[.metadata][.name].string ?? "")
          else { continue }
          let uids = Set(tree[.endpoints].elements.compactMap { $0[.targetRef][.uid].string })
          let gone = before.tree[.endpoints].elements.filter { !uids.contains($0[.targetRef][.uid].string ?? "") }
          tree.put(.endpoints, .array(tree[.endpoints].elements + gone))
          plan.changes[index].write = .update(.endpointSlices, tree: tree)
        }
      }),
    Mutant(
      "a slice takes more than it may", in: "endpoint-controller", EndpointSliceSubject.self,
      plans: { plan, snapshot, _ in
        for index in plan.changes.indices {
          guard case .create(.endpointSlices, _, let tree) = plan.changes[index].write,
            let other = snapshot.store.list(.endpointSlices).first(where: {
              $0.tree[.ports] == tree[.ports] && $0.tree[.endpoints].elements.count > 50
                && $0.tree[.metadata][.ownerReferences] == tree[.metadata][.ownerReferences]
            })
          else { continue }
          var crowded = other.tree
          crowded.put(.endpoints, .array(crowded[.endpoints].elements + tree[.endpoints].elements))
          plan.changes[index].write = .update(.endpointSlices, tree: crowded)
        }
      }),
  ]

  private static let nodes = [
    Mutant(
      "a lost node's pods stay ready", in: "node-controller", NodeLossSubject.self,
      plans: { plan, _, _ in
        plan.changes.removeAll { change in
          if case .updateStatus(.pods, _) = change.write { true } else { false }
        }
      }),
    Mutant(
      "tolerations are cut short", in: "taint-eviction-controller", NodeLossSubject.self,
      sees: { snapshot, key, _ in
        snapshot.alter(key) { pod in
          pod[.spec][.tolerations].elements = pod[.spec][.tolerations].elements.map { toleration in
            var toleration = toleration
            if !toleration[.tolerationSeconds].isNull { toleration.put(.tolerationSeconds, 1) }
            return toleration
          }
        }
      }),
    Mutant(
      "a zone is evicted while half of it is away", in: "node-controller", NodeLossSubject.self,
      sees: { snapshot, key, _ in
        guard key.name == "*", let node = snapshot.store.list(.nodes).first else { return }
        for number in 0..<9 {
          var tree = node.tree
          tree[.metadata].put(.labels, ["topology.kubernetes.io/zone": "a"])
          snapshot.store.restore(
            StoredObject(
              key: ObjectKey(.nodes, "more-\(number)"), uid: "\(number)", revision: node.revision, tree: tree, encoded: nil))
        }
      }),
  ]

  private static let keepers = [
    Mutant(
      "pods of a node that is gone stay", in: "pod-garbage-collector", NodeLossSubject.self,
      plans: { plan, snapshot, key in
        let node = snapshot.store.get(key)?.tree[.spec][.nodeName].string ?? ""
        if !node.isEmpty, snapshot.store.get(.nodes, node) == nil { plan.changes = [] }
      }),
    Mutant(
      "a namespace gets no ServiceAccount", in: "serviceaccount-controller", GarbageSubject.self,
      plans: { plan, _, key in
        if key.name != "default" { plan.changes.removeAll { $0.creates(.serviceAccounts) } }
      }),
  ]

  private static let volumes = [
    Mutant(
      "a claim goes while a pod uses it", in: "persistentvolume-binder", VolumeSubject.self,
      sees: { snapshot, _, _ in snapshot.alterAll(.pods) { $0[.spec].put(.volumes, .array([])) } }),
    Mutant(
      "a volume is given away twice", in: "persistentvolume-binder", VolumeSubject.self,
      sees: { snapshot, key, _ in
        guard key.resource == .persistentVolumeClaims else { return }
        snapshot.alterAll(.persistentVolumes) {
          $0[.spec].remove(.claimRef)
          $0[.status].put(.phase, "Available")
        }
      }),
    Mutant(
      "a volume that is to be kept is deleted", in: "persistentvolume-binder", VolumeSubject.self,
      sees: { snapshot, _, _ in
        snapshot.alterAll(.persistentVolumes) {
          $0[.spec].put(.persistentVolumeReclaimPolicy, "Delete")
          $0[.metadata].merge(["annotations": ["pv.kubernetes.io/provisioned-by": "wavetank.dev/local"]])
        }
      }),
    Mutant(
      "the first consumer is not waited for", in: "persistentvolume-binder", VolumeSubject.self,
      sees: { snapshot, _, _ in snapshot.alterAll(.storageClasses) { $0.put(.volumeBindingMode, "Immediate") } }),
  ]
}

extension Snapshot {
  fileprivate mutating func alterAll(_ resource: ResourceID, _ change: (inout JSON) -> Void) {
    for object in store.list(resource) { alter(object.key, change) }
  }
}

extension Change {
  fileprivate func creates(_ resource: ResourceID) -> Bool { if case .create(resource, _, _) = write { true } else { false } }
}

extension Plan {
  fileprivate mutating func alterStatus(of resource: ResourceID, _ change: (inout JSON) -> Void) {
    for index in changes.indices {
      guard case .updateStatus(resource, var tree) = changes[index].write else { continue }
      change(&tree)
      changes[index].write = .updateStatus(resource, tree: tree)
    }
  }
}

extension JSON {
  /// As a pod: its condition Ready is true.
  fileprivate mutating func makeReady() {
    self[.status][.conditions].elements = self[.status][.conditions].elements.map { condition in
      var condition = condition
      if condition[.type].string == "Ready" { condition.put(.status, "True") }
      return condition
    }
  }
}
