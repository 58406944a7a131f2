package import CoreJSON

/// What is wrong with one field.
package struct FieldError: Error, Sendable, Equatable {
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
}
