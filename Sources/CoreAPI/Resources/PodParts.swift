import CoreObjects

/// What pods/ephemeralcontainers and pods/resize change of a pod that is there, and what of it must hold.
/// Source: podEphemeralContainersStrategy and podResizeStrategy, pkg/registry/core/pod/strategy.go, v1.36.
enum PodParts {
  private static let lists = [Key.containers, .initContainers]
  private static let resized = [Key.resources, .resizePolicy]

  /// The pod as it was, with the part that the request is about. Who owns which field has been looked at already.
  static func taken(_ part: WriteScope, of new: JSON, old: JSON) -> JSON {
    var pod = old
    pod[.metadata].put(.managedFields, new[.metadata][.managedFields])
    if part == .ephemeralContainers {
      pod[.spec].put(.ephemeralContainers, new[.spec][.ephemeralContainers])
      return pod
    }
    pod[.spec].put(.resources, new[.spec][.resources])
    for list in lists {
      let (mine, theirs) = (old[.spec][list].elements, new[.spec][list].elements)
      // Others than before: that is refused, not left out.
      guard mine.map({ $0[.name] }) == theirs.map({ $0[.name] }) else {
        pod[.spec].put(list, new[.spec][list])
        continue
      }
      for index in mine.indices { for key in resized { pod[.spec][list][index].put(key, theirs[index][key]) } }
    }
    return pod
  }

  static func validate(_ part: WriteScope, _ new: JSON, old: JSON) -> [FieldError] {
    part == .resize ? resize(new, old) : ephemeral(new, old)
  }

  /// Source: ValidatePodEphemeralContainersUpdate, pkg/apis/core/validation/validation.go, v1.36.
  private static func ephemeral(_ new: JSON, _ old: JSON) -> [FieldError] {
    if !old[.metadata][.annotations][mirror].isNull {
      return [FieldError(.forbidden, "", detail: "static pods do not support ephemeral containers")]
    }
    return old[.spec][.ephemeralContainers].elements.compactMap { before in
      let now = new[.spec][.ephemeralContainers].elements.first { $0[.name] == before[.name] }
      if now == before { return nil }
      return FieldError(
        .forbidden, "spec.ephemeralContainers",
        detail: "the container \(before[.name]) is there and may not be \(now == nil ? "removed" : "changed")")
    }
  }

  /// Source: ValidatePodResize, pkg/apis/core/validation/validation.go, v1.36.
  private static func resize(_ new: JSON, _ old: JSON) -> [FieldError] {
    if !old[.metadata][.annotations][mirror].isNull {
      return [FieldError(.forbidden, "", detail: "static pods cannot be resized")]
    }
    if old[.spec][.os][.name] == "windows" { return [FieldError(.forbidden, "", detail: "windows pods cannot be resized")] }
    var errors: [FieldError] = []
    let quality = QualityOfService.of(Pod(tree: new))
    if quality != old[.status][.qosClass].string ?? QualityOfService.of(Pod(tree: old)) {
      errors.add(.invalid, "spec", value: .string(quality), "Pod QOS Class may not change as a result of resizing")
    }
    let disorder = order(new[.spec], old[.spec])
    if !disorder.isEmpty { return errors + disorder }
    removals(new[.spec][.resources], old[.spec][.resources], "spec.resources", &errors)
    for list in lists {
      for (index, before) in old[.spec][list].elements.enumerated() {
        let now = new[.spec][list][index]
        let isSidecar = list == .initContainers && before[.restartPolicy] == "Always"
        if list == .initContainers, !isSidecar {
          if now != before { errors.add(.forbidden, "spec", "resources for non-sidecar init containers are immutable") }
          continue
        }
        removals(now[.resources], before[.resources], FieldPath("spec").child(list).index(index).child(.resources), &errors)
        if others(now) != others(before) {
          let whose = isSidecar ? " for sidecar containers" : ""
          errors.add(.forbidden, "spec", "only cpu and memory resources\(whose) are mutable")
        }
      }
    }
    if others(new[.spec]) != others(old[.spec]), errors.isEmpty {
      errors.add(.forbidden, "spec", "only cpu and memory resources are mutable")
    }
    return errors
  }

  private static func order(_ new: JSON, _ old: JSON) -> [FieldError] {
    var errors: [FieldError] = []
    for list in lists {
      let (now, before) = (new[list].elements, old[list].elements)
      let path = FieldPath("spec").child(list)
      if now.count != before.count {
        errors.add(.forbidden, path, "\(list.name) may not be added or removed on resize")
        continue
      }
      for index in now.indices where now[index][.name] != before[index][.name] {
        errors.add(.forbidden, path.index(index).child(.name), "\(list.name) may not be renamed or reordered on resize")
      }
    }
    return errors
  }

  private static func removals(_ new: JSON, _ old: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
    for side in [Key.requests, .limits] where old[side].members.contains(where: { new[side][$0.key].isNull }) {
      errors.add(.forbidden, path.child(side), "resource \(side.name) cannot be removed")
    }
  }

  /// A container or a spec without how much processor time and memory it wants.
  private static func others(_ tree: JSON) -> JSON {
    var tree = tree
    var resources = tree.take(.resources)
    for side in [Key.requests, .limits] where resources[side].isObject {
      for key in [Key.cpu, .memory] { resources[side].remove(key) }
      if resources[side].members.isEmpty { resources.remove(side) }
    }
    if !resources.members.isEmpty { tree.put(.resources, resources) } else { tree.remove(.resources) }
    // Those have been looked at one by one.
    for list in lists { tree.remove(list) }
    return tree
  }

  /// Of a pod that its node has from a file.
  private static let mirror = Key("kubernetes.io/config.mirror")

  /// The fields that a write of the part owns.
  static func owned(_ part: WriteScope, _ set: FieldSet) -> FieldSet {
    var (spec, owned) = (FieldSet(), FieldSet())
    if part == .ephemeralContainers {
      spec["f:ephemeralContainers"] = set["f:spec"]["f:ephemeralContainers"]
    } else {
      for list in lists {
        let kept = set["f:spec"]["f:" + list.name].children.map { child in
          let fields = PodParts.resized.map { FieldSet.Child(name: "f:" + $0.name, set: child.set["f:" + $0.name]) }
          return FieldSet.Child(name: child.name, set: FieldSet(children: fields))
        }
        spec["f:" + list.name] = FieldSet(children: kept)
      }
    }
    owned["f:spec"] = spec
    return owned
  }
}
