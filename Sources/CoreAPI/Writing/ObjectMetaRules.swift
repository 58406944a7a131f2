import CoreObjects

/// What holds for the metadata of every object. Source: k8s.io/apimachinery/pkg/api/validation/objectmeta.go, v1.36.
enum ObjectMetaRules {
  /// All names and values of the annotations together.
  static let annotationLimitBytes = 256 * 1024
  private static let path = FieldPath("metadata")

  /// - Parameter old: what it replaces, of which all was found valid already.
  static func validate(_ metadata: ObjectMeta, _ definition: ResourceDefinition, old: ObjectMeta? = nil) -> [FieldError] {
    var errors: [FieldError] = []
    let name = metadata.name ?? ""
    if let old, old.name == name {
      // It has been looked at.
    } else if name.isEmpty {
      errors.append(FieldError(.required, path.child("name"), detail: "name or generateName is required"))
    } else if let problem = NameRules.problem(name, definition.nameRule) {
      errors.append(FieldError(.invalid, path.child("name"), value: .string(name), detail: problem))
    }
    if let prefix = metadata.generateName, prefix.utf8.count > 253 {
      errors.append(
        FieldError(.invalid, path.child("generateName"), value: .string(prefix), detail: "must be no more than 253 bytes"))
    }
    if old?.tree[.labels] != metadata.tree[.labels] { errors += labels(metadata.labels, path.child("labels")) }
    if old?.tree[.annotations] != metadata.tree[.annotations] {
      errors += annotations(metadata.annotations, path.child("annotations"))
    }
    if old?.tree[.ownerReferences] != metadata.tree[.ownerReferences] { errors += owners(metadata.ownerReferences) }
    if old?.tree[.finalizers] == metadata.tree[.finalizers] { return errors }
    for (index, finalizer) in metadata.finalizers.values.enumerated() {
      guard let problem = finalizerProblem(finalizer) else { continue }
      errors.append(FieldError(.invalid, path.child("finalizers").index(index), value: .string(finalizer), detail: problem))
    }
    return errors
  }

  static func labels(_ map: TextMap, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    for member in map.tree.members {
      let name = member.key.name
      if let problem = NameRules.qualifiedNameProblem(name) {
        errors.append(FieldError(.invalid, path, value: .string(name), detail: problem))
      }
      if let value = member.value.string, let problem = NameRules.labelValueProblem(value) {
        errors.append(FieldError(.invalid, path, value: .string(value), detail: problem))
      }
    }
    return errors
  }

  private static func annotations(_ map: TextMap, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    var size = 0
    for member in map.tree.members {
      let name = member.key.name
      if let problem = NameRules.qualifiedNameProblem(name.lowercased()) {
        errors.append(FieldError(.invalid, path, value: .string(name), detail: problem))
      }
      size += name.utf8.count + (member.value.string?.utf8.count ?? 0)
    }
    if size > annotationLimitBytes {
      errors.append(FieldError(.tooLong, path, detail: "may not be more than \(annotationLimitBytes) bytes"))
    }
    return errors
  }

  private static func owners(_ references: List<OwnerReference>) -> [FieldError] {
    var errors: [FieldError] = []
    if references.isEmpty { return errors }
    var controllers = 0
    for (index, owner) in references.enumerated() {
      for key in [Key.apiVersion, .kind, .name, .uid] where owner.tree[key].string?.isEmpty != false {
        let path = path.child("ownerReferences").index(index).child(key.name)
        errors.append(FieldError(.invalid, path, value: "", detail: "must not be empty"))
      }
      if owner.controller == true { controllers += 1 }
    }
    if controllers > 1 {
      errors.append(
        FieldError(.invalid, path.child("ownerReferences"), detail: "only one reference can have controller set to true"))
    }
    return errors
  }

  private static func finalizerProblem(_ name: String) -> String? {
    if let problem = NameRules.qualifiedNameProblem(name) { return problem }
    let known = ["orphan", "foregroundDeletion", "kubernetes"]
    return name.utf8.contains(UInt8(ascii: "/")) || known.contains(name)
      ? nil : "name is neither a standard finalizer name nor is it fully qualified"
  }

  /// What a client may not change.
  static func validateUpdate(_ new: ObjectMeta, old: ObjectMeta) -> [FieldError] {
    var errors: [FieldError] = []
    for key in [Key.name, .namespace, .uid, .creationTimestamp] where new.tree[key] != old.tree[key] {
      errors.append(FieldError(.invalid, path.child(key.name), value: new.tree[key], detail: "field is immutable"))
    }
    if old.deletionTimestamp != nil {
      let before = Set(old.finalizers.values)
      let added = new.finalizers.values.filter { !before.contains($0) }
      if !added.isEmpty {
        let detail = "no new finalizers can be added if the object is being deleted, found new finalizers: \(added)"
        errors.append(FieldError(.forbidden, path.child("finalizers"), detail: detail))
      }
    }
    return errors
  }
}
