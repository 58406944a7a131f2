package import CoreObjects
package import SchemaLanguage

/// One field of a type, ready for use: references are resolved, the default is parsed.
package final class FieldSchema: Sendable {
  package let key: Key
  package let shape: Shape
  /// Of `shape`.
  let elementType: TypeSchema?
  /// `shape` is a map.
  let isMap: Bool
  package let declaration: SchemaField
  package let defaultValue: JSON?
  package let listKeys: [Key]
  package let mergeKey: Key?
  package let isRequired: Bool
  package let isImmutable: Bool
  package let minimum: Int64?
  package let maximum: Int64?
  /// Strategic merge joins lists instead of replacing them.
  package let mergesLists: Bool
  /// Strategic merge takes the patch's value whole.
  package let isReplaced: Bool
  /// A value of zero cannot be told from none, and is not stored. A default comes in its place even where zero would be written, and
  /// null in that of an empty list or map: upstream keeps objects in protobuf, which has no empty ones.
  let dropsZero: Bool
  /// What is stored where nothing was given; nil where nothing is.
  let writtenZero: JSON?
  /// Nothing but the type of the value can be wrong with it: validation need not look.
  let isPlain: Bool

  init(_ declaration: SchemaField, shape: Shape, defaultValue: JSON?) {
    self.declaration = declaration
    self.shape = shape
    elementType = shape.elementType
    isMap = if case .map = shape { true } else { false }
    self.defaultValue = defaultValue
    key = Key(declaration.name)
    listKeys = declaration.listKeys.map { Key($0) }
    mergeKey = declaration.mergeKey.map { Key($0) }
    isRequired = declaration.isRequired
    isImmutable = declaration.isImmutable
    minimum = declaration.minimum
    maximum = declaration.maximum
    mergesLists = declaration.strategies.contains("merge")
    isReplaced = declaration.strategies.contains("replace")
    let isOptional = declaration.protobuf?.isOptional ?? false
    dropsZero =
      !isOptional && !declaration.refusesEmpty && shape.hasZero
      && (!declaration.isAlwaysWritten || defaultValue != nil || shape.writtenZero.isNull)
    writtenZero = !declaration.isAlwaysWritten ? JSON?.none : isOptional ? .null : shape.writtenZero
    isPlain =
      minimum == nil && maximum == nil && declaration.enumeration.isEmpty && declaration.listType != "set" && listKeys.isEmpty
      && shape.elementType == nil
  }

  package var name: String { declaration.name }
  package var enumeration: [String] { declaration.enumeration }
  var isUnchecked: Bool { declaration.isUnchecked }
  var isMissingUnchecked: Bool { isUnchecked && enumeration.isEmpty }
  /// Repeated keys or elements are refused.
  var refusesRepeats: Bool { !declaration.allowsRepeats && (declaration.listType == "set" || !listKeys.isEmpty) }
}
