package import CoreObjects

/// What is wrong with one field.
package struct FieldError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Kind: Sendable, Equatable {
    case required, invalid, notSupported, duplicate, forbidden, tooLong, tooMany, typeInvalid, notFound, `internal`
  }
  package var kind: Kind
  package var path: FieldPath
  package var value: JSON?
  package var detail: String

  package init(_ kind: Kind, _ path: FieldPath, value: JSON? = nil, detail: String) {
    self.kind = kind
    self.path = path
    self.value = value
    self.detail = detail
  }

  /// `Unsupported value: "Sometimes": supported values: "Always", "Never"`
  package static func notSupported(_ path: FieldPath, value: String, supported: [String]) -> FieldError {
    let list = supported.map { JSON.string($0).description }.joined(separator: ", ")
    return FieldError(.notSupported, path, value: .string(value), detail: "supported values: " + list)
  }

  /// The reason of the cause in metav1.Status (metav1.CauseType).
  package var causeReason: String {
    switch kind {
    case .required: "FieldValueRequired"
    case .invalid: "FieldValueInvalid"
    case .notSupported: "FieldValueNotSupported"
    case .duplicate: "FieldValueDuplicate"
    case .forbidden: "FieldValueForbidden"
    case .tooLong: "FieldValueTooLong"
    case .tooMany: "FieldValueTooMany"
    case .typeInvalid: "FieldValueTypeInvalid"
    case .notFound: "FieldValueNotFound"
    case .internal: "InternalError"
    }
  }

  /// The message of the cause, without the path: `Invalid value: -1: must be greater than or equal to 0`.
  package var causeMessage: String {
    let text: String
    switch kind {
    case .required: text = "Required value"
    case .forbidden: text = "Forbidden"
    case .tooLong: text = "Too long"
    case .internal: text = "Internal error"
    case .tooMany: text = "Too many" + valueText
    case .invalid, .typeInvalid: text = "Invalid value" + valueText
    case .notSupported: text = "Unsupported value" + valueText
    case .duplicate: text = "Duplicate value" + valueText
    case .notFound: text = "Not found" + valueText
    }
    return detail.isEmpty ? text : text + ": " + detail
  }

  /// `spec.replicas: Invalid value: -1: must be greater than or equal to 0`
  package var message: String {
    let path = path.description
    return path.isEmpty ? causeMessage : path + ": " + causeMessage
  }

  package var description: String { message }

  private var valueText: String { value.map { ": " + $0.description } ?? "" }
}

extension [FieldError] {
  mutating func add(_ kind: FieldError.Kind, _ path: FieldPath, value: JSON? = nil, _ detail: String = "") {
    append(FieldError(kind, path, value: value, detail: detail))
  }

  mutating func add(_ kind: FieldError.Kind, _ path: FieldPath, value: some Leaf, _ detail: String = "") {
    add(kind, path, value: value.tree, detail)
  }
}
