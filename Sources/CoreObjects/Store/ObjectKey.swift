/// A resource without its version: group "apps" and plural name "statefulsets".
@usableFromInline package struct ResourceID: Hashable, Comparable, Sendable, CustomStringConvertible {
  private final class Names: Sendable {
    let group: String
    let name: String

    init(_ group: String, _ name: String) {
      self.group = group
      self.name = name
    }
  }
  /// FNV-1a of both names: most comparisons are of two that differ, and end with it.
  @usableFromInline let fingerprint: UInt64
  private let names: Names

  package var group: String { names.group }
  package var name: String { names.name }

  package init(_ group: String, _ name: String) {
    names = Names(group, name)
    fingerprint = FNV.hash(name, FNV.hash("/", FNV.hash(group)))
  }

  @inlinable package static func == (left: ResourceID, right: ResourceID) -> Bool {
    left.fingerprint == right.fingerprint && left.isNamed(as: right)
  }

  // Inlined, it copies every constant that something is compared with.
  @usableFromInline @inline(never) func isNamed(as other: ResourceID) -> Bool {
    names === other.names || names.name == other.names.name && names.group == other.names.group
  }

  @usableFromInline package func hash(into hasher: inout Hasher) { hasher.combine(fingerprint) }

  @usableFromInline package static func < (left: ResourceID, right: ResourceID) -> Bool {
    (left.group, left.name) < (right.group, right.name)
  }
  /// "statefulsets.apps", or "pods" in the core group.
  @usableFromInline package var description: String { group.isEmpty ? name : name + "." + group }

  package static let namespaces = ResourceID("", "namespaces")
  package static let nodes = ResourceID("", "nodes")
  package static let pods = ResourceID("", "pods")
  package static let configMaps = ResourceID("", "configmaps")
  package static let secrets = ResourceID("", "secrets")
  package static let services = ResourceID("", "services")
  package static let endpoints = ResourceID("", "endpoints")
  package static let events = ResourceID("", "events")
  package static let serviceAccounts = ResourceID("", "serviceaccounts")
  package static let persistentVolumes = ResourceID("", "persistentvolumes")
  package static let persistentVolumeClaims = ResourceID("", "persistentvolumeclaims")
  package static let replicationControllers = ResourceID("", "replicationcontrollers")
  package static let limitRanges = ResourceID("", "limitranges")
  package static let resourceQuotas = ResourceID("", "resourcequotas")
  package static let podTemplates = ResourceID("", "podtemplates")
  package static let statefulSets = ResourceID("apps", "statefulsets")
  package static let deployments = ResourceID("apps", "deployments")
  package static let replicaSets = ResourceID("apps", "replicasets")
  package static let daemonSets = ResourceID("apps", "daemonsets")
  package static let controllerRevisions = ResourceID("apps", "controllerrevisions")
  package static let horizontalPodAutoscalers = ResourceID("autoscaling", "horizontalpodautoscalers")
  package static let jobs = ResourceID("batch", "jobs")
  package static let cronJobs = ResourceID("batch", "cronjobs")
  package static let roles = ResourceID("rbac.authorization.k8s.io", "roles")
  package static let roleBindings = ResourceID("rbac.authorization.k8s.io", "rolebindings")
  package static let clusterRoles = ResourceID("rbac.authorization.k8s.io", "clusterroles")
  package static let clusterRoleBindings = ResourceID("rbac.authorization.k8s.io", "clusterrolebindings")
  package static let storageClasses = ResourceID("storage.k8s.io", "storageclasses")
  package static let ingresses = ResourceID("networking.k8s.io", "ingresses")
  package static let ingressClasses = ResourceID("networking.k8s.io", "ingressclasses")
  package static let networkPolicies = ResourceID("networking.k8s.io", "networkpolicies")
  package static let leases = ResourceID("coordination.k8s.io", "leases")
  package static let validatingPolicies = ResourceID("admissionregistration.k8s.io", "validatingadmissionpolicies")
  package static let validatingPolicyBindings = ResourceID("admissionregistration.k8s.io", "validatingadmissionpolicybindings")
  package static let mutatingPolicies = ResourceID("admissionregistration.k8s.io", "mutatingadmissionpolicies")
  package static let mutatingPolicyBindings = ResourceID("admissionregistration.k8s.io", "mutatingadmissionpolicybindings")
  package static let customResourceDefinitions = ResourceID("apiextensions.k8s.io", "customresourcedefinitions")
  package static let apiServices = ResourceID("apiregistration.k8s.io", "apiservices")
  package static let endpointSlices = ResourceID("discovery.k8s.io", "endpointslices")
  package static let podDisruptionBudgets = ResourceID("policy", "poddisruptionbudgets")
  package static let runtimeClasses = ResourceID("node.k8s.io", "runtimeclasses")
  package static let priorityClasses = ResourceID("scheduling.k8s.io", "priorityclasses")
  package static let ipAddresses = ResourceID("networking.k8s.io", "ipaddresses")
  package static let serviceCIDRs = ResourceID("networking.k8s.io", "servicecidrs")
  package static let certificateSigningRequests = ResourceID("certificates.k8s.io", "certificatesigningrequests")
  package static let flowSchemas = ResourceID("flowcontrol.apiserver.k8s.io", "flowschemas")
  package static let priorityLevels = ResourceID("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations")
  package static let csiDrivers = ResourceID("storage.k8s.io", "csidrivers")
  package static let csiNodes = ResourceID("storage.k8s.io", "csinodes")
  package static let csiStorageCapacities = ResourceID("storage.k8s.io", "csistoragecapacities")
  package static let volumeAttachments = ResourceID("storage.k8s.io", "volumeattachments")
  package static let volumeAttributesClasses = ResourceID("storage.k8s.io", "volumeattributesclasses")
  package static let deviceClasses = ResourceID("resource.k8s.io", "deviceclasses")
  package static let resourceClaims = ResourceID("resource.k8s.io", "resourceclaims")
  package static let resourceClaimTemplates = ResourceID("resource.k8s.io", "resourceclaimtemplates")
  package static let resourceSlices = ResourceID("resource.k8s.io", "resourceslices")
}

/// Where an object is stored. `namespace` is empty for cluster-scoped resources. Sorts as a list answers: namespace, then name.
///
/// One reference: keys are copied into queues, timers and indexes far more often than they are made.
@usableFromInline package struct ObjectKey: Hashable, Comparable, Sendable, CustomStringConvertible {
  @usableFromInline final class Parts: Sendable {
    @usableFromInline let resource: ResourceID
    @usableFromInline let namespace: String
    @usableFromInline let name: String
    /// Without the resource: few objects of a namespace share a name.
    let fingerprint: UInt64
    /// Kept for the store, which is asked for the objects of most keys.
    let prefix: NamePrefix

    init(_ resource: ResourceID, _ namespace: String, _ name: String) {
      self.resource = resource
      self.namespace = namespace
      self.name = name
      fingerprint = FNV.hash(namespace, FNV.hash(name))
      prefix = NamePrefix(name)
    }
  }
  @usableFromInline let parts: Parts

  @inlinable package var resource: ResourceID { parts.resource }
  @inlinable package var namespace: String { parts.namespace }
  @inlinable package var name: String { parts.name }
  var prefix: NamePrefix { parts.prefix }

  package init(_ resource: ResourceID, namespace: String = "", _ name: String) {
    parts = Parts(resource, namespace, name)
  }

  @usableFromInline package static func == (left: ObjectKey, right: ObjectKey) -> Bool {
    let (left, right) = (left.parts, right.parts)
    return left === right
      || left.fingerprint == right.fingerprint && left.name == right.name && left.namespace == right.namespace
        && left.resource == right.resource
  }

  @usableFromInline package func hash(into hasher: inout Hasher) { hasher.combine(parts.fingerprint) }

  @usableFromInline package static func < (left: ObjectKey, right: ObjectKey) -> Bool {
    if left.resource != right.resource { return left.resource < right.resource }
    if left.namespace != right.namespace { return left.namespace.precedes(right.namespace) }
    return left.name.precedes(right.name)
  }
  @usableFromInline package var description: String { "\(resource)/\(namespace.isEmpty ? "" : namespace + "/")\(name)" }
}

extension String {
  /// In the order of the bytes, which is the order of lists: that of texts takes letters and their marks for one another.
  package func precedes(_ other: String) -> Bool {
    let isLess = utf8.withContiguousStorageIfAvailable { left in
      other.utf8.withContiguousStorageIfAvailable { right in String.precede(left, right) }
    }
    return (isLess ?? nil) ?? utf8.lexicographicallyPrecedes(other.utf8)
  }

  /// Names of one collection begin alike, mostly: as long as they do, eight bytes at a time.
  private static func precede(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
    let (left, right) = (UnsafeRawBufferPointer(left), UnsafeRawBufferPointer(right))
    let count = Swift.min(left.count, right.count)
    var index = 0
    while index + 8 <= count {
      let (x, y) = (
        left.loadUnaligned(fromByteOffset: index, as: UInt64.self), right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      )
      if x != y { return UInt64(bigEndian: x) < UInt64(bigEndian: y) }
      index += 8
    }
    while index < count {
      if left[index] != right[index] { return left[index] < right[index] }
      index += 1
    }
    return left.count < right.count
  }
}
