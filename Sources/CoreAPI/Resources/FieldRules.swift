import CoreObjects

/// Checks that several kinds share.
enum FieldRules {
  static let labelText =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', start and end with one of the former, and have at most 63 characters"

  /// A label of RFC 1123: lower case letters, digits and "-", beginning and ending with a letter or digit; at most 63 characters.
  static func isLabel(_ text: String) -> Bool { NameRules.isLabel(text[...]) }

  static func isSubdomain(_ text: String) -> Bool { text.utf8.count <= 253 && NameRules.isSubdomain(text) }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }

  static let portNameText =
    "must have at most 15 lower case letters, digits and '-', at least one letter, and no '-' at an end or beside another"

  /// A name of a port (RFC 6335).
  static func isPortName(_ text: String) -> Bool {
    text.utf8.count <= 15 && isLabel(text) && !text.contains("--") && text.utf8.contains { (0x61...0x7A).contains($0) }
  }

  static func isAddress(_ text: String) -> Bool { AddressText(text) != nil }

  /// Keys of ConfigMaps and Secrets.
  static func isConfigKey(_ text: String) -> Bool {
    guard !text.isEmpty, text.utf8.count <= 253, text != ".", !text.hasPrefix("..") else { return false }
    return text.utf8.allSatisfy {
      isAlphanumeric($0) || (0x41...0x5A).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        || $0 == UInt8(ascii: ".")
    }
  }

  static func atLeast(_ minimum: Int, _ value: Int?, _ path: @autoclosure () -> FieldPath) -> [FieldError] {
    guard let value, value < minimum else { return [] }
    return [FieldError(.invalid, path(), value: .int(Int64(value)), detail: "must be greater than or equal to \(minimum)")]
  }

  static func immutable(_ new: JSON, _ old: JSON, _ path: FieldPath) -> [FieldError] {
    new == old ? [] : [FieldError(.invalid, path, value: new, detail: "field is immutable")]
  }

  /// Of a spec only some fields may change once it is there.
  /// - Parameters:
  ///   - new: the spec, with the fields that may change as they were
  ///   - fields: the names of these, for the refusal
  static func onlyMayChange(_ fields: String, _ new: JSON, _ old: JSON) -> [FieldError] {
    new == old ? [] : [FieldError(.forbidden, "spec", detail: "of what is there only these fields may change: \(fields)")]
  }

  /// The selector of a workload: there, not empty, well-formed, and met by the labels of its template.
  /// - Parameter isNamed: a selector that is not well-formed is told once more as a whole
  static func selector(
    _ selector: LabelSelector, template: PodTemplateSpec, _ path: FieldPath, isNamed: Bool = true
  ) -> [FieldError] {
    // Without a selector, which the schema asks for, nothing matches.
    if !selector.isAbsent, selector.matchLabels.isEmpty, selector.matchExpressions.isEmpty {
      let detail = "empty selector is not allowed: name at least one label of the template"
      return [FieldError(.invalid, path, value: selector.tree, detail: detail)]
    }
    if !SelectorRules.validate(selector.tree, path).isEmpty {
      return isNamed ? [FieldError(.invalid, path, value: selector.tree, detail: "is not well-formed")] : []
    }
    if !selector.isAbsent, selector.matches(template.metadata.labels) { return [] }
    let labels = FieldPath("spec.template.metadata.labels")
    return [
      FieldError(.invalid, labels, value: template.metadata.labels.tree, detail: "`selector` does not match template `labels`")
    ]
  }

  /// A count or a percentage.
  /// - Parameter isPart: more than all is refused
  static func countOrPercent(_ value: JSON, _ path: FieldPath, isPart: Bool = false) -> [FieldError] {
    if let number = value.int { return atLeast(0, number, path) }
    guard let text = value.string else { return [] }
    if text.hasSuffix("%"), let percent = Int(text.dropLast()), percent >= 0 {
      return isPart && percent > 100 ? [FieldError(.invalid, path, value: value, detail: "must not be greater than 100%")] : []
    }
    return [FieldError(.invalid, path, value: value, detail: "must be a whole number or a percentage such as '25%'")]
  }
}
