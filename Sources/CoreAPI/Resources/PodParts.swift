import CoreObjects

/// What pods/ephemeralcontainers changes of a pod that is there, and what of it must hold.
/// Source: podEphemeralContainersStrategy, pkg/registry/core/pod/strategy.go, v1.36.
enum PodParts {
  /// The pod as it was, with the part that the request is about. Who owns which field has been looked at already.
  static func taken(_ part: WriteScope, of new: JSON, old: JSON) -> JSON {
    var pod = old
    pod[.metadata].put(.managedFields, new[.metadata][.managedFields])
    pod[.spec].put(.ephemeralContainers, new[.spec][.ephemeralContainers])
    return pod
  }

  /// Source: ValidatePodEphemeralContainersUpdate, pkg/apis/core/validation/validation.go, v1.36.
  static func validate(_ part: WriteScope, _ new: JSON, old: JSON) -> [FieldError] {
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

  /// Of a pod that its node has from a file.
  private static let mirror = Key("kubernetes.io/config.mirror")

  /// The fields that a write of the part owns.
  static func owned(_ part: WriteScope, _ set: FieldSet) -> FieldSet {
    var (spec, owned) = (FieldSet(), FieldSet())
    spec["f:ephemeralContainers"] = set["f:spec"]["f:ephemeralContainers"]
    owned["f:spec"] = spec
    return owned
  }
}
