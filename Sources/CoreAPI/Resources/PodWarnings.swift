import CoreObjects

/// What is accepted in a pod or its template, and yet is old or probably a mistake: a warning each.
/// Source: pkg/api/pod/warnings.go, v1.36.
struct PodWarnings {
  private(set) var texts: [String] = []

  /// - Parameter path: of the pod or template; "" for a pod
  init(_ pod: JSON, _ path: FieldPath = "") {
    let spec = pod[.spec]
    let at = path.child("spec")
    annotations(pod[.metadata][.annotations], path.child("metadata").child("annotations"))
    nodeLabels(spec, at)
    selectors(spec, at)
    if let seconds = spec[.terminationGracePeriodSeconds].int, seconds < 0 {
      warn(at.child("terminationGracePeriodSeconds"), "must be >= 0; a negative one counts as 1")
    }
    for (index, volume) in spec[.volumes].elements.enumerated() { self.volume(volume, at.child("volumes").index(index)) }
    repeated(spec[.imagePullSecrets], .name, at.child("imagePullSecrets"))
    repeated(spec[.hostAliases], .ip, at.child("hostAliases"))
    var ports: [Port] = []
    for key in [Key.initContainers, .containers] {
      for (index, container) in spec[key].elements.enumerated() { self.container(container, at.child(key).index(index), &ports) }
    }
  }

  private mutating func warn(_ path: FieldPath, _ text: String) { texts.append("\(path): \(text)") }

  // MARK: What is old

  /// Labels of nodes that have other names now, by what they are called since.
  static let renamedLabels: [String: String] = [
    "beta.kubernetes.io/arch": "kubernetes.io/arch", "beta.kubernetes.io/os": "kubernetes.io/os",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
  ]
  /// Annotations that became fields; one that ends with a slash is the beginning of a name.
  private static let annotationsNow: [(name: String, field: String)] = [
    ("scheduler.alpha.kubernetes.io/critical-pod", "priorityClassName"),
    ("seccomp.security.alpha.kubernetes.io/pod", "seccompProfile"),
    ("container.seccomp.security.alpha.kubernetes.io/", "seccompProfile"), ("security.alpha.kubernetes.io/sysctls", "sysctls"),
    ("security.alpha.kubernetes.io/unsafe-sysctls", "sysctls"),
    ("container.apparmor.security.beta.kubernetes.io/", "appArmorProfile"),
  ]
  private static let oldVolumes: Set<String> = [
    "photonPersistentDisk", "gitRepo", "scaleIO", "flocker", "storageos", "quobyte", "glusterfs", "cephfs", "rbd",
  ]

  private mutating func annotations(_ annotations: JSON, _ path: FieldPath) {
    for member in annotations.members {
      let name = member.key.name
      guard
        let old = PodWarnings.annotationsNow.first(where: { $0.name.hasSuffix("/") ? name.hasPrefix($0.name) : name == $0.name })
      else { continue }
      warn(path.key(name), "no longer has an effect or will lose it; use the field \"\(old.field)\" instead")
    }
  }

  private mutating func nodeLabels(_ spec: JSON, _ path: FieldPath) {
    var keys = spec[.nodeSelector].members.map { ($0.key.name, path.child("nodeSelector").key($0.key.name)) }
    let affinity = spec[.affinity][.nodeAffinity]
    let at = path.child("affinity").child("nodeAffinity")
    var terms = affinity[.requiredDuringSchedulingIgnoredDuringExecution][.nodeSelectorTerms].elements.enumerated().map {
      ($1, at.child("requiredDuringSchedulingIgnoredDuringExecution").child("nodeSelectorTerms").index($0))
    }
    terms += affinity[.preferredDuringSchedulingIgnoredDuringExecution].elements.enumerated().map {
      ($1[.preference], at.child("preferredDuringSchedulingIgnoredDuringExecution").index($0).child("preference"))
    }
    for (term, at) in terms {
      for (index, expression) in term[.matchExpressions].elements.enumerated() {
        keys.append((expression[.key].string ?? "", at.child("matchExpressions").index(index).child("key")))
      }
    }
    for (index, constraint) in spec[.topologySpreadConstraints].elements.enumerated() {
      keys.append(
        (constraint[.topologyKey].string ?? "", path.child("topologySpreadConstraints").index(index).child("topologyKey")))
    }
    for (key, at) in keys {
      if let name = PodWarnings.renamedLabels[key] { warn(at, "the label is deprecated; use \"\(name)\" instead") }
    }
  }

  private mutating func volume(_ volume: JSON, _ path: FieldPath) {
    for member in volume.members where PodWarnings.oldVolumes.contains(member.key.name) {
      warn(path.child(member.key), "volumes of this type are deprecated or no longer work")
    }
    let claim = volume[.ephemeral][.volumeClaimTemplate]
    if claim.isObject { texts += VolumeWarnings.claim(claim, path.child("ephemeral").child("volumeClaimTemplate")) }
  }

  // MARK: What is probably a mistake

  private mutating func selectors(_ spec: JSON, _ path: FieldPath) {
    func check(_ term: JSON, _ at: FieldPath) {
      if term[.labelSelector].isNull { warn(at.child("labelSelector"), "without a selector it matches no pod") }
    }
    for (index, constraint) in spec[.topologySpreadConstraints].elements.enumerated() {
      check(constraint, path.child("topologySpreadConstraints").index(index))
    }
    for key in [Key.podAffinity, .podAntiAffinity] {
      let affinity = spec[.affinity][key]
      for list in [Key.requiredDuringSchedulingIgnoredDuringExecution, .preferredDuringSchedulingIgnoredDuringExecution] {
        for (index, term) in affinity[list].elements.enumerated() {
          let at = path.child("affinity").child(key).child(list).index(index)
          if list == .requiredDuringSchedulingIgnoredDuringExecution {
            check(term, at)
          } else {
            check(term[.podAffinityTerm], at.child("podAffinityTerm"))
          }
        }
      }
    }
  }

  private mutating func repeated(_ list: JSON, _ key: Key, _ path: FieldPath) {
    var seen = Set<String>()
    for (index, element) in list.elements.enumerated() {
      let value = element[key].string ?? ""
      if value.isEmpty {
        warn(path.index(index).child(key), "it is empty")
      } else if !seen.insert(value).inserted {
        warn(path.index(index).child(key), "\"\(value)\" stands in the list already")
      }
    }
  }

  private mutating func container(_ container: JSON, _ path: FieldPath, _ ports: inout [Port]) {
    var names = Set<String>()
    for (index, variable) in container[.env].elements.enumerated() {
      let name = variable[.name].string ?? ""
      let (value, reference) = (variable[.value].string ?? "", "$(\(name))")
      // What adds to the earlier value hides nothing.
      let adds = variable[.valueFrom].isNull && value != reference && value.contains(reference)
      if !names.insert(name).inserted, !adds {
        warn(path.child("env").index(index), "hides the earlier definition of \"\(name)\", which may be lost with apply")
      }
    }
    for (index, tree) in container[.ports].elements.enumerated() {
      let port = Port(tree, path.child("ports").index(index))
      if !port.hostIP.isEmpty, port.hostPort == 0 { warn(port.path, "hostIP does nothing without hostPort") }
      for other in ports { if let clash = port.clash(with: other) { warn(port.path, "\(clash) \(other.path)") } }
      ports.append(port)
    }
    for map in [Key.limits, .requests] {
      for name in [Key.memory, "ephemeral-storage"] {
        texts += VolumeWarnings.fraction(
          container[.resources][map][name], path.child("resources").child(map).key(name.name))
      }
    }
  }

  private struct Port {
    let containerPort: Int
    let transport: String
    let hostIP: String
    let hostPort: Int
    let path: FieldPath

    init(_ tree: JSON, _ path: FieldPath) {
      containerPort = tree[.containerPort].int ?? 0
      transport = tree[.protocol].string ?? "TCP"
      hostIP = tree[.hostIP].string ?? ""
      hostPort = tree[.hostPort].int ?? 0
      self.path = path
    }

    func clash(with other: Port) -> String? {
      guard containerPort == other.containerPort, transport == other.transport else { return nil }
      if hostIP == other.hostIP, hostPort == other.hostPort { return "the same port as" }
      if hostPort == 0 || other.hostPort == 0 { return "the port overlaps with" }
      return hostPort == other.hostPort && hostIP.isEmpty != other.hostIP.isEmpty
        ? "it cannot be told which of them is meant:" : nil
    }
  }
}

/// Warnings about volumes and claims. Source: pkg/api/persistentvolume/util.go and persistentvolumeclaim/util.go, v1.36.
enum VolumeWarnings {
  static func claim(_ claim: JSON, _ path: FieldPath = "") -> [String] {
    let amounts = path.child("spec").child("resources")
    return annotations(claim, ["volume.beta.kubernetes.io/storage-class": "storageClassName"], path)
      + [Key.limits, .requests].flatMap {
        fraction(claim[.spec][.resources][$0][.storage], amounts.child($0).key("storage"))
      }
  }

  static func volume(_ volume: JSON) -> [String] {
    let old = [
      "volume.beta.kubernetes.io/storage-class": "storageClassName", "volume.beta.kubernetes.io/mount-options": "mountOptions",
    ]
    var texts =
      annotations(volume, old, "") + fraction(volume[.spec][.capacity][.storage], FieldPath("spec.capacity").key("storage"))
    if volume[.spec][.persistentVolumeReclaimPolicy] == "Recycle" {
      texts.append(
        "spec.persistentVolumeReclaimPolicy: Recycle is deprecated; volumes that are made when they are wanted replace it")
    }
    return texts
  }

  private static func annotations(_ object: JSON, _ old: [String: String], _ path: FieldPath) -> [String] {
    object[.metadata][.annotations].members.compactMap { member in
      old[member.key.name].map {
        "\(path.child("metadata").child("annotations").key(member.key.name)): deprecated since v1.8; use \"\($0)\" instead"
      }
    }
  }

  /// Bytes are whole.
  static func fraction(_ amount: JSON, _ path: FieldPath) -> [String] {
    guard let text = amount.string, let quantity = Quantity(text), quantity.milliValue % 1000 != 0 else { return [] }
    return ["\(path): a fraction of bytes in \"\(text)\" means nothing; give whole bytes"]
  }
}
