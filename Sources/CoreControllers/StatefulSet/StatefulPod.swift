import CoreObjects

/// The identity of one pod of a set: name, labels, volumes. Source: stateful_set_utils.go, v1.36.
enum StatefulPod {
  static let revisionLabel = "controller-revision-hash"
  static let nameLabel = "statefulset.kubernetes.io/pod-name"
  static let indexLabel = "apps.kubernetes.io/pod-index"

  /// The ordinal in "SET-N", nil for other names.
  static func ordinal(_ name: String, of set: String) -> Int? {
    guard name.hasPrefix(set + "-") else { return nil }
    let digits = name.dropFirst(set.count + 1)
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }), digits == "0" || digits.first != "0" else {
      return nil
    }
    return Int(digits)
  }

  static func make(_ stored: StoredObject, template: PodTemplateSpec, ordinal: Int, revision: String) -> Pod {
    let set = stored.view(StatefulSet.self)
    var pod = OwnedPods.make(template, owner: stored.tree, namespace: stored.key.namespace)
    let name = "\(stored.key.name)-\(ordinal)"
    pod.metadata.name = name
    pod.metadata.generateName = stored.key.name + "-"
    pod.metadata.labels[revisionLabel] = revision
    pod.metadata.labels[nameLabel] = name
    pod.metadata.labels[indexLabel] = String(ordinal)
    pod.spec.hostname = name
    if let service = set.spec.serviceName, !service.isEmpty { pod.spec.subdomain = service }
    for claim in set.spec.volumeClaimTemplates {
      let volumeName = claim.metadata.name ?? ""
      var volume = Volume()
      volume.name = volumeName
      volume.persistentVolumeClaim.claimName = StatefulClaims.name(claim, of: stored.key.name, ordinal)
      pod.spec.volumes.removeAll { $0.name == volumeName }
      pod.spec.volumes.append(volume)
    }
    return pod
  }

  /// The pod with the labels of its identity put back, nil if it has them. Source: identityMatches and updateIdentity, v1.36.
  static func identified(_ stored: StoredObject, ordinal: Int) -> JSON? {
    var pod = stored.view(Pod.self)
    let labels = pod.metadata.labels
    if labels[nameLabel] == stored.key.name, labels[indexLabel] == String(ordinal) { return nil }
    pod.metadata.labels[nameLabel] = stored.key.name
    pod.metadata.labels[indexLabel] = String(ordinal)
    return pod.tree
  }
}
