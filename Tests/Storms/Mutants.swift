import CoreControllers
import CoreObjects

/// Mistakes that storms must find.
package enum Mutants {
  package static let all: [Mutant] = statefulSet + workloads + jobs + autoscaler + others + cluster

  private static let statefulSet = [
    Mutant(
      "ordinal wait skipped", in: "statefulset-controller", StatefulSetSubject.self,
      sees: { snapshot, key, _ in snapshot.alter(key) { $0[.spec].put(.podManagementPolicy, "Parallel") } }),
    Mutant(
      "claims deleted on scale-down", in: "statefulset-controller", StatefulSetSubject.self,
      sees: { snapshot, key, _ in
        snapshot.alter(key) { $0[.spec][.persistentVolumeClaimRetentionPolicy].put(.whenScaled, "Delete") }
      }),
    Mutant(
      "lowest ordinal goes first", in: "statefulset-controller", StatefulSetSubject.self,
      plans: { plan, snapshot, key in
        guard let set = snapshot.store.get(key),
          let lowest = snapshot.store.owned(by: set.uid).first(where: { $0.key.resource == .pods })
        else { return }
        for index in plan.changes.indices {
          guard case .delete(let pod, _, let grace, let propagation) = plan.changes[index].write, pod.resource == .pods else {
            continue
          }
          plan.changes[index].write = .delete(lowest.key, uid: lowest.uid, graceSeconds: grace, propagation: propagation)
        }
      }),
    Mutant(
      "partition ignored", in: "statefulset-controller", StatefulSetSubject.self,
      sees: { snapshot, key, _ in
        snapshot.alter(key) {
          if !$0[.spec][.updateStrategy][.rollingUpdate].isNull { $0[.spec][.updateStrategy][.rollingUpdate].put(.partition, 0) }
        }
      }),
  ]

  private static let workloads = [
    Mutant(
      "one replica too many", in: "replicaset-controller", ReplicationSubject.self,
      sees: { snapshot, key, _ in snapshot.alter(key) { $0[.spec].put(.replicas, .int(Int64($0[.spec][.replicas].int ?? 1) + 1)) }
      }),
    Mutant(
      "rank ignored", in: "replicaset-controller", ReplicationSubject.self,
      sees: { snapshot, key, _ in
        guard let set = snapshot.store.get(key) else { return }
        // Each on a node of its own, so that none has a companion.
        for pod in snapshot.store.owned(by: set.uid) where pod.tree[.spec][.nodeName].string != nil {
          snapshot.alter(pod.key) { $0[.spec].put(.nodeName, .string(pod.uid)) }
        }
      }),
    Mutant(
      "maxSurge ignored", in: "deployment-controller", DeploymentSubject.self,
      sees: { snapshot, key, _ in snapshot.alterRollout(key) { $0.put(.maxSurge, "100%") } }),
    Mutant(
      "maxUnavailable ignored", in: "deployment-controller", DeploymentSubject.self,
      sees: { snapshot, key, _ in snapshot.alterRollout(key) { $0.put(.maxUnavailable, "100%") } }),
    Mutant(
      "two daemons on a node", in: "daemonset-controller", DaemonSetSubject.self,
      plans: { plan, _, _ in
        let twins = plan.changes.compactMap { change -> Change? in
          guard case .create(.pods, let namespace, var tree) = change.write else { return nil }
          tree[.metadata].put(.name, .string((tree[.metadata][.name].string ?? "") + "x"))
          return Change(.create(.pods, namespace: namespace, tree: tree))
        }
        plan.changes += twins
      }),
  ]

  private static let jobs = [
    Mutant(
      "finalizer removed too early", in: "job-controller", JobSubject.self,
      plans: { plan, snapshot, key in
        guard let job = snapshot.store.get(key) else { return }
        for pod in snapshot.store.owned(by: job.uid) where pod.key.resource == .pods && !pod.metadata.finalizers.isEmpty {
          plan.changes.append(
            Change(.patch(pod.key, subresource: "", merge: ["metadata": ["finalizers": .null]]), tolerated: Change.untilGone))
        }
      }),
    Mutant(
      "a success counted twice", in: "job-controller", JobSubject.self,
      plans: { plan, _, _ in
        for index in plan.changes.indices {
          guard case .patch(let key, "status", var merge) = plan.changes[index].write,
            let count = merge[.status][.succeeded].int, count > 0
          else { continue }
          merge[.status].put(.succeeded, .int(Int64(count) + 1))
          plan.changes[index].write = .patch(key, subresource: "status", merge: merge)
        }
      }),
    Mutant(
      "parallelism ignored", in: "job-controller", JobSubject.self,
      sees: { snapshot, key, _ in
        snapshot.alter(key) { $0[.spec].put(.parallelism, .int(Int64($0[.spec][.parallelism].int ?? 1) + 3)) }
      }),
    Mutant(
      "Forbid ignored", in: "cronjob-controller", CronJobSubject.self,
      sees: { snapshot, key, _ in snapshot.alter(key) { $0[.spec].put(.concurrencyPolicy, "Allow") } }),
  ]

  private static let autoscaler = [
    Mutant(
      "scale-down window forgotten", in: "horizontal-pod-autoscaler", AutoscalerSubject.self,
      sees: { snapshot, key, _ in
        snapshot.alter(key) {
          $0[.spec].put(
            .behavior,
            [
              "scaleUp": [
                "stabilizationWindowSeconds": 0, "selectPolicy": "Max",
                "policies": [["type": "Percent", "value": 100, "periodSeconds": 15]],
              ],
              "scaleDown": [
                "stabilizationWindowSeconds": 0, "selectPolicy": "Max",
                "policies": [["type": "Percent", "value": 100, "periodSeconds": 15]],
              ],
            ])
        }
      }),
    Mutant(
      "maximum ignored", in: "horizontal-pod-autoscaler", AutoscalerSubject.self,
      sees: { snapshot, key, _ in snapshot.alter(key) { $0[.spec].put(.maxReplicas, 100) } }),
  ]

  private static let others = [
    Mutant(
      "requests ignored", in: "default-scheduler", SchedulerSubject.self,
      sees: { snapshot, key, _ in
        snapshot.alter(key) { pod in
          pod[.spec][.containers].elements = pod[.spec][.containers].elements.map { container in
            var container = container
            container.remove(.resources)
            return container
          }
        }
      }),
    Mutant(
      "anti-affinity ignored", in: "default-scheduler", PlacementSubject.self,
      sees: { snapshot, key, _ in snapshot.alter(key) { $0[.spec].put(.affinity, .null) } }),
    Mutant(
      "everybody ranks highest", in: "default-scheduler", PlacementSubject.self,
      sees: { snapshot, key, _ in snapshot.alter(key) { $0[.spec].put(.priority, 5000) } }),
    Mutant(
      "what is owned is collected while its owner lives", in: "generic-garbage-collector", GarbageSubject.self,
      plans: { plan, snapshot, key in
        // Workloads would be made and collected for ever.
        guard key.resource == .configMaps, let object = snapshot.store.get(key), !object.metadata.ownerReferences.isEmpty else {
          return
        }
        plan.changes.append(
          Change(.delete(key, uid: object.uid, graceSeconds: nil, propagation: nil), tolerated: Change.untilGone))
      }),
  ]
}

extension Snapshot {
  /// Shows a controller another object than the stored one, of the same revision.
  mutating func alter(_ key: ObjectKey, _ change: (inout JSON) -> Void) {
    guard let stored = store.get(key) else { return }
    var tree = stored.tree
    change(&tree)
    store.restore(StoredObject(key: key, uid: stored.uid, revision: stored.revision, tree: tree, encoded: stored.encoded))
  }

  fileprivate mutating func alterRollout(_ key: ObjectKey, _ change: (inout JSON) -> Void) {
    alter(key) { if $0[.spec][.strategy][.type].string == "RollingUpdate" { change(&$0[.spec][.strategy][.rollingUpdate]) } }
  }
}
