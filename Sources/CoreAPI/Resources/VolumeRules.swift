import CoreObjects

/// Rules of a pod's volumes. Source: ValidateVolumes, pkg/apis/core/validation/validation.go, v1.36.
enum VolumeRules {
  static func validate(_ volumes: JSON, _ path: FieldPath) -> [FieldError] {
    var rules = RuleSheet()
    var seen = Set<String>()
    for (index, volume) in volumes.elements.enumerated() {
      let at = path.index(index)
      let name = volume[.name].string ?? ""
      rules.form(volume[.name], at.child("name"), FieldRules.labelText, FieldRules.isLabel)
      if !seen.insert(name).inserted { rules.refuse(.duplicate, at.child("name"), volume[.name]) }
      let sources = volume.members.filter { $0.key != .name && !$0.value.isNull }
      for source in sources.dropFirst() { rules.refuse(.forbidden, at.child(source.key), nil, "a volume has one source") }
      if sources.isEmpty { rules.refuse(.required, at, nil, "a volume has a source") }
      if let source = sources.first { validate(source.value, source.key, at.child(source.key), &rules) }
    }
    return rules.errors
  }

  private static let accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]

  /// What claims and volumes say alike of how they are used, and the name of their class.
  static func access(_ modes: [String], _ className: String?) -> [FieldError] {
    var errors: [FieldError] = []
    for mode in modes where !accessModes.contains(mode) {
      errors.append(.notSupported("spec.accessModes", value: mode, supported: accessModes))
    }
    if modes.contains("ReadWriteOncePod"), modes.contains(where: { $0 != "ReadWriteOncePod" }) {
      errors.add(.forbidden, "spec.accessModes", "ReadWriteOncePod stands alone")
    }
    if let className, !className.isEmpty, let problem = NameRules.problem(className, .dnsSubdomain) {
      errors.add(.invalid, "spec.storageClassName", value: className, problem)
    }
    return errors
  }

  private static func validate(_ source: JSON, _ key: Key, _ path: FieldPath, _ rules: inout RuleSheet) {
    switch key {
    case .hostPath:
      rules.form(source[.path], path.child("path"), "must not contain '..'") { !isUpward($0) }
    case .nfs:
      rules.form(source[.path], path.child("path"), "must be an absolute path") { $0.hasPrefix("/") }
    case .configMap:
      if (source[.name].string ?? "").isEmpty { rules.refuse(.required, path.child("name"), nil, "name the ConfigMap") }
      files(source[.items], path.child("items"), &rules)
    case .secret:
      if (source[.secretName].string ?? "").isEmpty { rules.refuse(.required, path.child("secretName"), nil, "name the Secret") }
      files(source[.items], path.child("items"), &rules)
    case .downwardAPI: facts(source[.items], path.child("items"), &rules)
    case .ephemeral:
      if source[.volumeClaimTemplate].isNull {
        rules.refuse(.required, path.child("volumeClaimTemplate"), nil, "describe the claim")
      }
    case .emptyDir:
      if let text = source[.sizeLimit].string, let limit = Quantity(text), limit < Quantity(value: 0) {
        rules.refuse(.forbidden, path.child("sizeLimit"), nil, "a size is not negative")
      }
    case .projected: projected(source, path, &rules)
    default: return
    }
  }

  private static func projected(_ volume: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    for (index, source) in volume[.sources].elements.enumerated() {
      let at = path.child("sources").index(index)
      rules.one(
        of: [.secret, .configMap, .downwardAPI, .serviceAccountToken, .clusterTrustBundle, .podCertificate], source, at,
        excess: .forbidden, nothing: .required)
      for key in [Key.configMap, .secret] where source[key].isObject {
        if (source[key][.name].string ?? "").isEmpty { rules.refuse(.required, at.child(key).child("name"), nil, "name it") }
        files(source[key][.items], at.child(key).child("items"), &rules)
      }
      facts(source[.downwardAPI][.items], at.child("downwardAPI").child("items"), &rules)
      rules.form(
        source[.serviceAccountToken][.path], at.child("serviceAccountToken").child("path"), "must be a path below the volume",
        isInside)
    }
  }

  private static func files(_ items: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    for (index, item) in items.elements.enumerated() {
      rules.form(item[.path], path.index(index).child("path"), "must be a path below the volume", isInside)
    }
  }

  /// Items of the downward API.
  private static func facts(_ items: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    files(items, path, &rules)
    for (index, item) in items.elements.enumerated() {
      let at = path.index(index)
      switch (item[.fieldRef].isNull, item[.resourceFieldRef].isNull) {
      case (true, true): rules.refuse(.required, at, nil, "one of fieldRef and resourceFieldRef must be there")
      case (false, false): rules.refuse(.invalid, at, "resource", "fieldRef and resourceFieldRef exclude one another")
      case (false, true): PodFactRules.field(item[.fieldRef], at.child("fieldRef"), .volume, &rules)
      case (true, false): PodFactRules.resource(item[.resourceFieldRef], at.child("resourceFieldRef"), .volume, &rules)
      }
    }
  }

  static func isUpward(_ path: String) -> Bool {
    path.utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("..".utf8) }
  }
  static func isInside(_ path: String) -> Bool { !path.hasPrefix("/") && !isUpward(path) }
}

/// What a pod may be told about itself. Source: validateObjectFieldSelector and validateContainerResourceFieldSelector.
enum PodFactRules {
  enum Place { case environment, volume }

  private static let everywhere: Set<String> = ["metadata.name", "metadata.namespace", "metadata.uid"]
  private static let environment: Set<String> = [
    "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
  ]
  private static let volume: Set<String> = ["metadata.labels", "metadata.annotations"]
  /// Fields of which upstream knows the name, and which it does not tell.
  private static let known: Set<String> = ["spec.restartPolicy", "spec.schedulerName", "status.phase"]

  static func field(_ reference: JSON, _ path: FieldPath, _ place: Place, _ rules: inout RuleSheet) {
    let text = reference[.fieldPath].string ?? ""
    if text.isEmpty { return }
    let base = text.hasSuffix("']") ? text.prefix { $0 != "[" } : text[...]
    let isPart = base.count < text.count
    let told = everywhere.union(place == .environment ? environment : volume)
    if isPart ? volume.contains(String(base)) : told.contains(text) { return }
    guard !isPart, known.contains(text) || environment.contains(text) || volume.contains(text) else {
      return rules.refuse(.invalid, path.child("fieldPath"), reference[.fieldPath], "a pod has no such field")
    }
    rules.add([.notSupported(path.child("fieldPath"), value: text, supported: told.sorted())])
  }

  static func resource(_ reference: JSON, _ path: FieldPath, _ place: Place, _ rules: inout RuleSheet) {
    if place == .volume, (reference[.containerName].string ?? "").isEmpty {
      rules.refuse(.required, path.child("containerName"), nil, "name the container")
    }
    let text = reference[.resource].string ?? ""
    let told = ["limits", "requests"].flatMap { side in ["cpu", "ephemeral-storage", "memory"].map { "\(side).\($0)" } }
    let isHuge = text.hasPrefix("limits.hugepages-") || text.hasPrefix("requests.hugepages-")
    if text.isEmpty || isHuge || told.contains(text) { return }
    rules.add([.notSupported(path.child("resource"), value: text, supported: told)])
  }
}
