import CoreObjects

/// Defaults and rules of a pod's spec, for pods and for templates. Source: pkg/apis/core, v1.36.
enum PodSpecRules {
  static func validate(_ spec: PodSpec, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    if spec.containers.isEmpty {
      errors.append(FieldError(.required, path.child("containers"), detail: "a pod has at least one container"))
    }
    errors += validateVolumes(spec, path.child("volumes"))
    let volumes = Set(spec.volumes.map { $0.name ?? "" })
    var names = Set<String>()
    for (field, list) in [("initContainers", spec.initContainers), ("containers", spec.containers)] {
      for index in list.indices {
        let at = path.child(field).index(index)
        errors += ContainerRules.validate(list[index], volumes: volumes, at)
        if let name = list[index].name, !names.insert(name).inserted {
          errors.append(FieldError(.duplicate, at.child("name"), value: .string(name), detail: ""))
        }
      }
    }
    errors += FieldRules.atLeast(1, spec.activeDeadlineSeconds, path.child("activeDeadlineSeconds"))
    return errors
  }

  private static func validateVolumes(_ spec: PodSpec, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    var seen = Set<String>()
    for index in spec.volumes.indices {
      let volume = spec.volumes[index]
      let at = path.index(index)
      let name = volume.name ?? ""
      if !name.isEmpty, !FieldRules.isLabel(name) {
        errors.append(FieldError(.invalid, at.child("name"), value: .string(name), detail: FieldRules.labelText))
      }
      if !seen.insert(name).inserted { errors.append(FieldError(.duplicate, at.child("name"), value: .string(name), detail: "")) }
      let sources = volume.tree.members.filter { $0.key != .name && !$0.value.isNull }
      if sources.count > 1 {
        errors.append(FieldError(.forbidden, at.child(sources[1].key.name), detail: "may not specify more than 1 volume type"))
      }
      if sources.isEmpty { errors.append(FieldError(.required, at, detail: "must specify a volume type")) }
    }
    return errors
  }
}
