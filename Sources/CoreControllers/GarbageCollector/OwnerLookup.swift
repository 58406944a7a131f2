import CoreStore
import CoreTypes

/// From an owner reference to the object.
enum OwnerLookup {
  /// The resources that own others, by group and kind.
  private static let resources: [String: ResourceID] = [
    "/Pod": .pods, "/Node": .nodes, "/Service": .services, "/ConfigMap": .configMaps, "/Secret": .secrets,
    "/Namespace": .namespaces,
    "/ReplicationController": .replicationControllers, "/ServiceAccount": .serviceAccounts,
    "/PersistentVolumeClaim": .persistentVolumeClaims, "/PersistentVolume": .persistentVolumes, "apps/StatefulSet": .statefulSets,
    "apps/Deployment": .deployments, "apps/ReplicaSet": .replicaSets, "apps/DaemonSet": .daemonSets,
    "apps/ControllerRevision": .controllerRevisions, "batch/Job": .jobs, "batch/CronJob": .cronJobs,
    "autoscaling/HorizontalPodAutoscaler": .horizontalPodAutoscalers, "rbac.authorization.k8s.io/Role": .roles,
    "rbac.authorization.k8s.io/RoleBinding": .roleBindings, "rbac.authorization.k8s.io/ClusterRole": .clusterRoles,
    "rbac.authorization.k8s.io/ClusterRoleBinding": .clusterRoleBindings, "discovery.k8s.io/EndpointSlice": .endpointSlices,
    "/Endpoints": .endpoints, "/ResourceQuota": .resourceQuotas, "/LimitRange": .limitRanges,
    "policy/PodDisruptionBudget": .podDisruptionBudgets, "coordination.k8s.io/Lease": .leases,
    "storage.k8s.io/StorageClass": .storageClasses, "scheduling.k8s.io/PriorityClass": .priorityClasses,
  ]
  private static let clusterScoped: Set<ResourceID> = [
    .nodes, .namespaces, .persistentVolumes, .clusterRoles, .clusterRoleBindings, .storageClasses, .priorityClasses,
  ]

  static func resource(_ reference: OwnerReference) -> ResourceID? {
    let version = reference.apiVersion ?? ""
    let group = version.contains("/") ? String(version.prefix { $0 != "/" }) : ""
    return resources[group + "/" + (reference.kind ?? "")]
  }

  /// The owner, if an object of that name with that UID is there.
  static func find(_ reference: OwnerReference, namespace: String, _ store: Store) -> StoredObject? {
    guard let resource = resource(reference), let name = reference.name else { return nil }
    let found = store.get(resource, namespace: clusterScoped.contains(resource) ? "" : namespace, name)
    return found?.uid == reference.uid ? found : nil
  }

  /// Whether nothing can be said of an owner: its kind is unknown, or it is in a namespace and what it owns is not.
  static func isBeyondReach(_ reference: OwnerReference, from namespace: String) -> Bool {
    guard let resource = resource(reference) else { return true }
    return namespace.isEmpty && !clusterScoped.contains(resource)
  }

  /// Whether the owner is there, but in another namespace than what it is said to own.
  static func isElsewhere(_ reference: OwnerReference, than namespace: String, _ store: Store) -> Bool {
    guard let resource = resource(reference), !clusterScoped.contains(resource), let name = reference.name else { return false }
    return store.list(.namespaces).contains {
      $0.key.name != namespace && store.get(resource, namespace: $0.key.name, name)?.uid == reference.uid
    }
  }
}
