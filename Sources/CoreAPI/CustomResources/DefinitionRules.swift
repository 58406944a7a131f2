import CoreObjects

/// What is wrong with a CustomResourceDefinition, all at once.
/// Source: apiextensions-apiserver, pkg/apis/apiextensions/validation/validation.go, v1.36.
enum DefinitionRules {
  private static let approval = "api-approved.kubernetes.io"
  private static let selectableLimit = 8
  private static let columnTypes = ["integer", "number", "string", "boolean", "date"]

  static func validate(_ object: JSON) -> [FieldError] {
    let definition = CustomResourceDefinition(tree: object)
    let spec = definition.spec
    var errors: [FieldError] = []
    let name = "\(spec.names.plural ?? "").\(spec.group ?? "")"
    if definition.metadata.name != name {
      errors.add(
        .invalid, "metadata.name", value: definition.metadata.name ?? "",
        "must be spec.names.plural and spec.group with a dot between: \"\(name)\"")
    }
    errors += group(spec.group ?? "", definition.metadata)
    errors += names(spec.names, "spec.names")
    errors += versions(spec)
    errors += conversion(spec.conversion)
    if spec.preserveUnknownFields == true {
      errors.add(
        .invalid, "spec.preserveUnknownFields", value: true,
        "must be false: x-kubernetes-preserve-unknown-fields in the schema says where unknown fields are kept")
    }
    return errors
  }

  private static func group(_ group: String, _ metadata: ObjectMeta) -> [FieldError] {
    if group.isEmpty { return [] }
    var errors: [FieldError] = []
    if !FieldRules.isSubdomain(group) {
      errors.add(.invalid, "spec.group", value: group, "must be a DNS subdomain")
    } else if !group.contains(".") {
      errors.add(.invalid, "spec.group", value: group, "must be a domain with a dot in it at least")
    }
    let isProtected = ["k8s.io", "kubernetes.io"].contains { group == $0 || group.hasSuffix("." + $0) }
    let approved = metadata.annotations[approval] ?? ""
    if isProtected, approved.isEmpty {
      errors.add(
        .required, FieldPath("metadata.annotations").key(approval),
        "groups of Kubernetes' own are reserved: it names the approval")
    } else if isProtected, !approved.hasPrefix("unapproved"), !approved.hasPrefix("https://"), !approved.hasPrefix("http://") {
      errors.add(
        .invalid, FieldPath("metadata.annotations").key(approval), value: approved,
        "must be the address of the approval, or begin with \"unapproved\"")
    }
    return errors
  }

  private static func names(_ names: CustomResourceDefinitionNames, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    func label(_ field: String, _ value: String?) {
      guard let value, !value.isEmpty, let problem = NameRules.problem(value, .dns1035Label) else { return }
      errors.add(.invalid, path.child(field), value: value, problem)
    }
    label("plural", names.plural)
    label("singular", names.singular)
    for (field, value) in [("kind", names.kind), ("listKind", names.listKind)] {
      guard let value, !value.isEmpty, let problem = NameRules.problem(value.lowercased(), .dns1035Label) else { continue }
      errors.add(.invalid, path.child(field), value: value, "in small letters: " + problem)
    }
    if let kind = names.kind, !kind.isEmpty, kind == names.listKind {
      errors.add(.invalid, path.child("listKind"), value: kind, "must be another name than the kind's")
    }
    for (field, list) in [("shortNames", names.shortNames), ("categories", names.categories)] {
      for (index, name) in list.values.enumerated() {
        guard let problem = NameRules.problem(name, .dns1035Label) else { continue }
        errors.add(.invalid, path.child(field).index(index), value: name, problem)
      }
    }
    return errors
  }

  private static func versions(_ spec: CustomResourceDefinitionSpec) -> [FieldError] {
    var errors: [FieldError] = []
    let path = FieldPath("spec.versions")
    var seen: Set<String> = []
    for (index, version) in spec.versions.enumerated() {
      let place = path.index(index)
      let name = version.name ?? ""
      if !name.isEmpty, let problem = NameRules.problem(name, .dns1035Label) {
        errors.add(.invalid, place.child("name"), value: name, problem)
      }
      if !seen.insert(name).inserted { errors.add(.invalid, place.child("name"), value: name, "stands in the list twice") }
      errors += self.version(version, place)
    }
    if !spec.versions.isEmpty, spec.versions.count(where: { $0.storage == true }) != 1 {
      errors.add(.invalid, path, value: spec.versions.tree, "exactly one version must be the storage version")
    }
    return errors
  }

  private static func version(_ version: CustomResourceDefinitionVersion, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    let place = path.child("schema.openAPIV3Schema")
    let schema = version.schema.openAPIV3Schema.tree
    if schema.isObject {
      errors += SchemaRules.validate(schema, at: place)
      let combinations = [Key.allOf, .anyOf, .oneOf, .not].filter { !schema[$0].isNull }.map(\.name)
      if version.subresources.tree[.status].isObject, !combinations.isEmpty {
        errors.add(
          .invalid, place, value: .string(combinations.joined(separator: ", ")),
          "may not stand at the root where the status is a subresource")
      }
    } else {
      errors.add(.required, place, "a version needs a schema")
    }
    if let warning = version.deprecationWarning {
      let warningPath = path.child("deprecationWarning")
      if version.deprecated != true { errors.add(.invalid, warningPath, value: warning, "wants deprecated to be true") }
      if warning.isEmpty || warning.utf8.count > 256 || warning.unicodeScalars.contains(where: { $0.value < 0x20 }) {
        errors.add(.invalid, warningPath, value: warning, "must have 1 to 256 bytes without control characters")
      }
    }
    for (index, column) in version.additionalPrinterColumns.enumerated() {
      errors += self.column(column, path.child("additionalPrinterColumns").index(index))
    }
    errors += scale(version.subresources.scale, path.child("subresources.scale"))
    errors += selectable(version, schema, path.child("selectableFields"))
    return errors
  }

  private static func column(_ column: CustomResourceColumnDefinition, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    if let type = column.type, !type.isEmpty, !columnTypes.contains(type) {
      errors.append(.notSupported(path.child("type"), value: type, supported: columnTypes))
    }
    let formats = ["int32", "int64", "float", "double", "byte", "date", "date-time", "password"]
    if let format = column.format, !format.isEmpty, !formats.contains(format) {
      errors.append(.notSupported(path.child("format"), value: format, supported: formats))
    }
    if let text = column.jsonPath, !text.isEmpty { errors += jsonPath(text, path.child("jsonPath")) }
    return errors
  }

  private static func jsonPath(_ text: String, _ path: FieldPath) -> [FieldError] {
    guard text.hasPrefix(".") else { return [FieldError(.invalid, path, value: .string(text), detail: "must begin with a dot")] }
    do throws(JSONPath.Problem) {
      _ = try JSONPath(text)
      return []
    } catch { return [FieldError(.invalid, path, value: .string(text), detail: error.message)] }
  }

  private static func scale(_ scale: CustomResourceSubresourceScale, _ path: FieldPath) -> [FieldError] {
    if scale.isAbsent { return [] }
    var errors: [FieldError] = []
    func check(_ field: String, _ text: String?, below roots: [String]) {
      guard let text, !text.isEmpty else { return }
      let keys = (try? JSONPath(text))?.members
      if keys == nil || !text.hasPrefix(".") || !roots.contains(where: { text.hasPrefix($0) }) {
        errors.add(
          .invalid, path.child(field), value: text, "must be a path of names below \(roots.joined(separator: " or "))")
      }
    }
    check("specReplicasPath", scale.specReplicasPath, below: [".spec."])
    check("statusReplicasPath", scale.statusReplicasPath, below: [".status."])
    check("labelSelectorPath", scale.labelSelectorPath, below: [".status.", ".spec."])
    return errors
  }

  private static func selectable(_ version: CustomResourceDefinitionVersion, _ schema: JSON, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    if version.selectableFields.count > selectableLimit {
      errors.add(.tooMany, path, value: .int(Int64(version.selectableFields.count)), "at most \(selectableLimit)")
    }
    var seen: Set<String> = []
    for (index, field) in version.selectableFields.enumerated() {
      let place = path.index(index).child("jsonPath")
      let text = field.jsonPath ?? ""
      guard text.hasPrefix("."), let keys = (try? JSONPath(text))?.members else {
        errors.add(.invalid, place, value: text, "must be a path of names that begins with a dot")
        continue
      }
      if !seen.insert(text).inserted { errors.add(.duplicate, place, value: text) }
      if keys.first == .metadata {
        errors.add(.invalid, place, value: text, "fields of the metadata cannot be made selectable")
        continue
      }
      let found = keys.reduce(schema) { $0[.properties][$1] }
      if !["string", "integer", "boolean"].contains(found[.type].string ?? "") {
        errors.add(.invalid, place, value: text, "must lead to a string, an integer or a boolean of the schema")
      }
    }
    return errors
  }

  private static func conversion(_ conversion: CustomResourceConversion) -> [FieldError] {
    let path = FieldPath("spec.conversion")
    let strategies = ["None", "Webhook"]
    guard let strategy = conversion.strategy, !strategy.isEmpty else { return [] }
    guard strategies.contains(strategy) else {
      return [.notSupported(path.child("strategy"), value: strategy, supported: strategies)]
    }
    if strategy == "None" {
      return conversion.webhook.isAbsent
        ? [] : [FieldError(.forbidden, path.child("webhook"), detail: "only the strategy Webhook asks one")]
    }
    var errors: [FieldError] = []
    let webhook = path.child("webhook")
    let config = conversion.webhook.clientConfig
    if config.isAbsent { errors.add(.required, webhook.child("clientConfig"), "says whom to ask") }
    let hasURL = !(config.url ?? "").isEmpty
    if !config.isAbsent, hasURL == !config.service.isAbsent {
      errors.add(.required, webhook.child("clientConfig"), "exactly one of url and service says whom to ask")
    }
    if let url = config.url, hasURL, !url.hasPrefix("https://") {
      errors.add(.invalid, webhook.child("clientConfig.url"), value: url, "must begin with https://")
    }
    let versions = conversion.webhook.conversionReviewVersions.values
    if !versions.isEmpty, !versions.contains("v1"), !versions.contains("v1beta1") {
      errors.add(
        .invalid, webhook.child("conversionReviewVersions"), value: conversion.webhook.conversionReviewVersions.tree,
        "must name v1 or v1beta1")
    }
    return errors
  }
}
