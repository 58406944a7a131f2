import CoreAPI
import CoreControllers
import CoreObjects

/// Objects that manifests name and do not hold, as dumps of some kinds do: what pods mount and read, run as and are weighed by. Whatever
/// is in them is the same to pods whose programs are not run.
package struct StandIns: Sendable {
  private struct Identity: Hashable, Comparable, Sendable {
    var kind: String
    /// Empty: of none.
    var namespace: String
    var name: String

    static func < (left: Self, right: Self) -> Bool {
      (left.kind, left.namespace, left.name) < (right.kind, right.namespace, right.name)
    }
  }
  private struct Named: Sendable {
    let identity: Identity
    /// Of a map or Secret, those that are asked for.
    var keys: Set<String> = []
    /// A pod starts without a Secret for pulling its image.
    var isNeeded: Bool
    /// Of a class, where a pod says it.
    var priority: Int?
    /// Who names it first.
    var namer: ManifestObject

    var kind: String { identity.kind }
    var namespace: String { identity.namespace }
    var name: String { identity.name }
  }
  /// What every cluster has.
  private static let present: Set<String> = [
    "ServiceAccount default", "ConfigMap kube-root-ca.crt", "PriorityClass system-cluster-critical",
    "PriorityClass system-node-critical", "StorageClass standard",
  ]
  /// Types of volumes that nodes mount; of others a pod has an empty directory.
  private static let mounted: Set<String> = [
    "configMap", "downwardAPI", "emptyDir", "ephemeral", "hostPath", "image", "persistentVolumeClaim", "projected", "secret",
  ]
  private var missing: [Named] = []
  private var places: [Identity: Int] = [:]
  private let held: Set<Identity>
  private var unmounted: Set<String> = []

  /// - Parameter others: that come later; what they hold is not missing
  init(for objects: [ManifestObject], besides others: [ManifestObject]) {
    held = Set((objects + others).map { Self.identity($0.kind, $0.name, in: $0) })
    for object in objects + others {
      switch object.kind {
      case "PersistentVolumeClaim": addClass(of: object.tree, object)
      default:
        addPod(object.podPath.reduce(object.tree) { $0[$1] }[.spec], object)
        for claim in object.tree[.spec]["volumeClaimTemplates"].elements { addClass(of: claim, object) }
      }
    }
    missing.sort { $0.identity < $1.identity }
  }

  private static func identity(_ kind: String, _ name: String, in object: ManifestObject) -> Identity {
    Identity(
      kind: kind, namespace: ["PriorityClass", "RuntimeClass", "StorageClass"].contains(kind) ? "" : object.namespace, name: name)
  }

  private mutating func add(
    _ kind: String, _ name: JSON, _ namer: ManifestObject, keys: [JSON] = [], isOptional: JSON = .null, isNeeded: Bool = true,
    priority: Int? = nil
  ) {
    guard let name = name.string, !name.isEmpty, isOptional.bool != true, !Self.present.contains("\(kind) \(name)") else {
      return
    }
    let identity = Self.identity(kind, name, in: namer)
    if held.contains(identity) { return }
    let place = places[identity] ?? missing.count
    if place == missing.count {
      missing.append(Named(identity: identity, isNeeded: false, priority: priority, namer: namer))
      places[identity] = place
    }
    missing[place].keys.formUnion(keys.compactMap(\.string))
    if isNeeded { missing[place].isNeeded = true }
  }

  private mutating func addClass(of claim: JSON, _ namer: ManifestObject) {
    add("StorageClass", claim[.spec]["storageClassName"], namer)
  }

  private mutating func addPod(_ spec: JSON, _ namer: ManifestObject) {
    add("ServiceAccount", spec["serviceAccountName"].isNull ? spec["serviceAccount"] : spec["serviceAccountName"], namer)
    add("RuntimeClass", spec["runtimeClassName"], namer)
    add("PriorityClass", spec["priorityClassName"], namer, priority: spec["priority"].int)
    for secret in spec["imagePullSecrets"].elements { add("Secret", secret[.name], namer, isNeeded: false) }
    for volume in spec["volumes"].elements {
      if let type = Self.unmountedType(volume) { unmounted.insert(type) }
      add("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"], namer)
      addClass(of: volume["ephemeral"]["volumeClaimTemplate"], namer)
      for part in [volume] + volume["projected"]["sources"].elements {
        let (map, secret) = (part["configMap"], part["secret"])
        add("ConfigMap", map[.name], namer, keys: map[.items].elements.map { $0["key"] }, isOptional: map["optional"])
        add(
          "Secret", secret["secretName"].isNull ? secret[.name] : secret["secretName"], namer,
          keys: secret[.items].elements.map { $0["key"] }, isOptional: secret["optional"])
      }
    }
    for container in spec["initContainers"].elements + spec[.containers].elements {
      for (kind, all, one) in [("ConfigMap", "configMapRef", "configMapKeyRef"), ("Secret", "secretRef", "secretKeyRef")] {
        let sources =
          container["envFrom"].elements.map { $0[Key(all)] } + container["env"].elements.map { $0["valueFrom"][Key(one)] }
        for source in sources { add(kind, source[.name], namer, keys: [source["key"]], isOptional: source["optional"]) }
      }
    }
  }

  // MARK: What stands in

  var objects: [ManifestObject] {
    missing.flatMap { named in trees(named).map { ManifestObject($0, file: named.namer.file, line: named.namer.line) } }
  }

  private func trees(_ named: Named) -> [JSON] {
    var metadata: JSON = ["name": .string(named.name)]
    if !named.namespace.isEmpty { metadata.put(.namespace, .string(named.namespace)) }
    var tree: JSON = ["apiVersion": "v1", "kind": .string(named.kind), "metadata": metadata]
    switch named.kind {
    case "ConfigMap", "Secret":
      tree.put("data", .object(named.keys.sorted().map { Member(key: Key($0), value: "") }))
    case "PriorityClass":
      tree.put(.apiVersion, "scheduling.k8s.io/v1")
      tree.put("value", .int(Int64(named.priority ?? 0)))
    case "RuntimeClass":
      tree.put(.apiVersion, "node.k8s.io/v1")
      tree.put("handler", "stand-in")
    case "StorageClass":
      tree.put(.apiVersion, "storage.k8s.io/v1")
      tree.put("provisioner", .string(VolumeBinder.provisioner))
      tree.put("volumeBindingMode", "WaitForFirstConsumer")
    case "PersistentVolumeClaim":
      // On every node, as a network's disk is.
      let volume = "\(named.namespace)-\(named.name)"
      let size: JSON = ["storage": "1Gi"]
      let modes: JSON = ["ReadWriteMany"]
      tree.put(
        .spec, ["accessModes": modes, "storageClassName": "", "volumeName": .string(volume), "resources": ["requests": size]])
      return [
        [
          "apiVersion": "v1", "kind": "PersistentVolume", "metadata": ["name": .string(volume)],
          "spec": ["accessModes": modes, "capacity": size, "hostPath": ["path": .string("/stand-in/" + volume)]],
        ], tree,
      ]
    default: break
    }
    return [tree]
  }

  private static func unmountedType(_ volume: JSON) -> String? {
    volume.members.first { $0.key != .name && !mounted.contains($0.key.name) }?.key.name
  }

  /// An object whose pods' volumes can all be mounted.
  static func mountable(_ object: ManifestObject) -> JSON {
    var tree = object.withoutServersMarks
    let path = object.podPath + [.spec, "volumes"]
    let volumes = path.reduce(tree) { $0[$1] }.elements
    guard volumes.contains(where: { unmountedType($0) != nil }) else { return tree }
    tree.put(
      path[...], .array(volumes.map { unmountedType($0) == nil ? $0 : ["name": $0[.name], "emptyDir": [:]] }))
    return tree
  }

  // MARK: What is said

  private static func list(_ named: [Named]) -> String {
    let isSpread = Set(named.map(\.namespace).filter { !$0.isEmpty }).count > 1
    return named.map { "\($0.kind) \(isSpread && !$0.namespace.isEmpty ? $0.namespace + "/" : "")\($0.name)" }.joined(
      separator: ", ")
  }

  /// All in one line; nil where nothing is missing.
  package var line: String? {
    var parts: [String] = []
    if !missing.isEmpty {
      parts.append("stand-ins are made of what the manifests name and do not hold: \(Self.list(missing))")
    }
    let classes = missing.filter { $0.kind == "PriorityClass" && $0.priority == nil }
    if !classes.isEmpty { parts.append("the value of \(Self.list(classes)) is not known and taken to be 0") }
    if !unmounted.isEmpty { parts.append("volumes of type \(unmounted.sorted().joined(separator: ", ")) are empty directories") }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  private var needed: [(named: Named, path: String)] {
    missing.filter(\.isNeeded).compactMap { named in
      trees(named).last.flatMap { Resources.collectionPath(of: $0) }.map { (named, $0 + "/" + named.name) }
    }
  }

  /// Of what pods cannot do without on a cluster.
  var paths: [String] { needed.map(\.path) }

  /// - Parameter present: those of the paths that the cluster has
  /// - Throws: all of them that it has not.
  func require(in present: Set<String>) throws(RehearsalError) {
    let absent = needed.filter { !present.contains($0.path) }.map(\.named)
    guard let first = absent.first else { return }
    throw RehearsalError(
      "neither the manifests nor the cluster hold what pods wait for there: \(Self.list(absent))", at: first.namer.place)
  }
}

extension ManifestObject {
  /// Where its pods, or their template, are.
  fileprivate var podPath: [Key] {
    switch kind {
    case "Pod": []
    case "CronJob": [.spec, "jobTemplate", .spec, .template]
    default: [.spec, .template]
    }
  }
}

extension JSON {
  fileprivate mutating func put(_ path: ArraySlice<Key>, _ value: JSON) {
    if path.count == 1 { return put(path.first!, value) }
    var inner = self[path.first!]
    inner.put(path.dropFirst(), value)
    put(path.first!, inner)
  }
}

extension RehearsalInput {
  /// For what the manifests name and do not hold, nor anything that a step or a test makes.
  package var standIns: StandIns {
    let later = steps.flatMap { step in if case .apply(let objects) = step.action { objects } else { [] as [ManifestObject] } }
    let tested = tests.flatMap(\.steps).flatMap { step in
      if case .apply(let objects) = step.operation { objects } else { [] as [ManifestObject] }
    }
    return StandIns(for: objects, besides: later + tested)
  }
}
