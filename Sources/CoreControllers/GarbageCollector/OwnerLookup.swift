import CoreObjects

/// From an owner reference to the object.
enum OwnerLookup {
  /// The resources that own others, by kind: none of these has its name from two groups.
  private static let resources: [String: ResourceID] = [
    "Pod": .pods, "Node": .nodes, "Service": .services, "ConfigMap": .configMaps, "Secret": .secrets,
    "Namespace": .namespaces,
    "ReplicationController": .replicationControllers, "ServiceAccount": .serviceAccounts,
    "PersistentVolumeClaim": .persistentVolumeClaims, "PersistentVolume": .persistentVolumes, "StatefulSet": .statefulSets,
    "Deployment": .deployments, "ReplicaSet": .replicaSets, "DaemonSet": .daemonSets,
    "ControllerRevision": .controllerRevisions, "Job": .jobs, "CronJob": .cronJobs,
    "HorizontalPodAutoscaler": .horizontalPodAutoscalers, "Role": .roles,
    "RoleBinding": .roleBindings, "ClusterRole": .clusterRoles,
    "ClusterRoleBinding": .clusterRoleBindings, "EndpointSlice": .endpointSlices,
    "Endpoints": .endpoints, "ResourceQuota": .resourceQuotas, "LimitRange": .limitRanges,
    "PodDisruptionBudget": .podDisruptionBudgets, "Lease": .leases,
    "StorageClass": .storageClasses, "PriorityClass": .priorityClasses,
    "RuntimeClass": .runtimeClasses,
  ]
  private static let clusterScoped: Set<ResourceID> = [
    .nodes, .namespaces, .persistentVolumes, .clusterRoles, .clusterRoleBindings, .storageClasses, .priorityClasses,
    .runtimeClasses,
  ]

  private static let owners = Set(resources.values)

  /// Whether objects of a resource can own others. References to any other owner are ignored.
  static func isOwner(_ resource: ResourceID, _ store: Store) -> Bool {
    owners.contains(resource) || store.customKinds.find(resource) != nil
  }

  private struct Owners {
    let resource: ResourceID
    let isNamespaced: Bool
  }

  private static func resource(_ reference: OwnerReference, _ store: Store) -> Owners? {
    guard let kind = reference.kind else { return nil }
    let version = reference.apiVersion ?? ""
    if let resource = resources[kind], isVersion(version, of: resource.group) {
      return Owners(resource: resource, isNamespaced: !clusterScoped.contains(resource))
    }
    let group = version.prefix { $0 != "/" }
    return store.customKinds.find(group: group, kind: kind).map { Owners(resource: $0.resource, isNamespaced: $0.isNamespaced) }
  }

  /// "v1" is one of the core group, "apps/v1" one of apps.
  private static func isVersion(_ version: String, of group: String) -> Bool {
    let slash = UInt8(ascii: "/")
    if group.isEmpty { return !version.utf8.contains(slash) || version.utf8.first == slash }
    return version.hasPrefix(group) && version.utf8.dropFirst(group.utf8.count).first == slash
  }

  /// The owner, if an object of that name with that UID is there.
  static func find(_ reference: OwnerReference, namespace: String, _ store: Store) -> StoredObject? {
    guard let owners = resource(reference, store), let name = reference.name else { return nil }
    let found = store.get(owners.resource, namespace: owners.isNamespaced ? namespace : "", name)
    return found?.uid == reference.uid ? found : nil
  }

  /// Whether it cannot be known if an owner is there: its kind is unknown, or it is in a namespace and what it owns is not.
  static func isBeyondReach(_ reference: OwnerReference, from namespace: String, _ store: Store) -> Bool {
    guard let owners = resource(reference, store) else { return true }
    return namespace.isEmpty && owners.isNamespaced
  }

  /// Whether the owner is there, but in another namespace than what refers to it.
  static func isElsewhere(_ reference: OwnerReference, than namespace: String, _ store: Store) -> Bool {
    guard let owners = resource(reference, store), owners.isNamespaced, let name = reference.name else { return false }
    return store.list(.namespaces).contains {
      $0.key.name != namespace && store.get(owners.resource, namespace: $0.key.name, name)?.uid == reference.uid
    }
  }
}
