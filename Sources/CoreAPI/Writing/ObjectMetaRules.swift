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
      errors.add(.required, path.child("name"), "name or generateName is required")
    } else if let problem = NameRules.problem(name, definition.nameRule) {
      errors.add(.invalid, path.child("name"), value: name, problem)
    }
    if let prefix = metadata.generateName, !prefix.isEmpty, old?.generateName != prefix {
      // Something follows a dash at its end.
      let begun = prefix.utf8.count > 1 && prefix.hasSuffix("-") ? prefix.dropLast(2) + "a" : prefix
      if let problem = NameRules.problem(begun, definition.nameRule) {
        errors.add(.invalid, path.child("generateName"), value: prefix, problem)
      }
    }
    if old?.tree[.labels] != metadata.tree[.labels] { errors += labels(metadata.labels, path.child("labels")) }
    if old?.tree[.annotations] != metadata.tree[.annotations] {
      errors += annotations(metadata.annotations, path.child("annotations"))
    }
    if old?.tree[.ownerReferences] != metadata.tree[.ownerReferences] { errors += owners(metadata.ownerReferences) }
    if old?.tree[.finalizers] == metadata.tree[.finalizers] { return errors }
    for (index, finalizer) in metadata.finalizers.values.enumerated() {
      guard let problem = finalizerProblem(finalizer) else { continue }
      errors.add(.invalid, path.child("finalizers").index(index), value: finalizer, problem)
    }
    return errors
  }

  static func labels(_ map: TextMap, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    for member in map.tree.members {
      let name = member.key.name
      if let problem = NameRules.qualifiedNameProblem(name) { errors.add(.invalid, path, value: name, problem) }
      if let value = member.value.string, let problem = NameRules.labelValueProblem(value) {
        errors.add(.invalid, path, value: value, problem)
      }
    }
    return errors
  }

  private static func annotations(_ map: TextMap, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    var size = 0
    for member in map.tree.members {
      let name = member.key.name
      if let problem = NameRules.qualifiedNameProblem(name.lowercased()) { errors.add(.invalid, path, value: name, problem) }
      size += name.utf8.count + (member.value.string?.utf8.count ?? 0)
    }
    if size > annotationLimitBytes { errors.add(.tooLong, path, "may not be more than \(annotationLimitBytes) bytes") }
    return errors
  }

  /// Which of the references is meant is not told. Source: ValidateOwnerReferences.
  private static func owners(_ references: List<OwnerReference>) -> [FieldError] {
    var errors: [FieldError] = []
    let path = path.child("ownerReferences")
    for owner in references {
      // "GROUP/VERSION", or "VERSION" alone.
      let parts = (owner.apiVersion ?? "").utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      if parts.count > 2 || parts.last?.isEmpty != false {
        errors.add(.invalid, path.child(.apiVersion), value: owner.apiVersion ?? "", "must name a version")
      }
      for key in [Key.kind, .name, .uid] where owner.tree[key].string?.isEmpty != false {
        errors.add(.invalid, path.child(key), value: "", "must not be empty")
      }
      if owner.apiVersion == "v1", owner.kind == "Event" {
        errors.add(.invalid, path, value: owner.tree, "an event owns nothing")
      }
    }
    if references.filter({ $0.controller == true }).count > 1 {
      errors.add(.invalid, path, value: references.tree, "only one reference can have controller set to true")
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
      errors.add(.invalid, path.child(key.name), value: new.tree[key], "field is immutable")
    }
    if old.deletionTimestamp != nil {
      let before = Set(old.finalizers.values)
      let added = new.finalizers.values.filter { !before.contains($0) }
      if !added.isEmpty {
        let detail = "no new finalizers can be added if the object is being deleted, found new finalizers: \(added)"
        errors.add(.forbidden, path.child("finalizers"), detail)
      }
    }
    return errors
  }
}
