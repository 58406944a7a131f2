package import CoreObjects
package import SchemaLanguage

/// One field of a type, ready for use: references are resolved, the default is parsed.
package final class FieldSchema: @unchecked Sendable {
  package let key: Key
  package let shape: Shape
  /// Of `shape`.
  let elementType: TypeSchema?
  /// `shape` is a map.
  let isMap: Bool
  package let attributes: FieldAttributes
  private let description: UnsafeBufferPointer<UInt8>
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
  /// The walks that put something in where the field is missing.
  let filled: Walks
  /// The walks that have something to do below it.
  let walks: Walks
  /// Nothing but the type of the value can be wrong with it: validation need not look.
  let isPlain: Bool

  /// - Throws: where the default is no JSON (line 0).
  init(_ reader: inout SchemaTableReader, among types: [TypeSchema]) throws(SchemaLanguageError) {
    key = .known(UInt32(reader.number()))
    shape = reader.type(
      scalar: { Shape.scalars[$0] }, object: { Shape.object(types[$0]) }, list: { Shape.list($0) }, map: { Shape.map($0) })
    let attributes = FieldAttributes(&reader)
    walks = Walks(rawValue: UInt8(reader.number()))
    description = reader.description()
    elementType = shape.elementType
    isMap = if case .map = shape { true } else { false }
    defaultValue = try FieldSchema.value(attributes.defaultText)
    listKeys = attributes.listKeys.map { Key($0) }
    mergeKey = attributes.mergeKey.map { Key($0) }
    isRequired = attributes.isRequired
    isImmutable = attributes.isImmutable
    minimum = attributes.minimum
    maximum = attributes.maximum
    mergesLists = attributes.strategies.contains("merge")
    isReplaced = attributes.strategies.contains("replace")
    let isOptional = attributes.protobuf?.isOptional ?? false
    dropsZero =
      !isOptional && !attributes.refusesEmpty && shape.hasZero
      && (!attributes.isAlwaysWritten || defaultValue != nil || shape.writtenZero.isNull)
    writtenZero = !attributes.isAlwaysWritten ? JSON?.none : isOptional ? .null : shape.writtenZero
    filled = Walks(
      rawValue: (defaultValue != nil ? Walks.defaults.rawValue : 0) | (writtenZero != nil ? Walks.zeros.rawValue : 0))
    isPlain =
      minimum == nil && maximum == nil && attributes.enumeration.isEmpty && attributes.listType != "set" && listKeys.isEmpty
      && shape.elementType == nil
    self.attributes = attributes
  }

  /// A field of a kind that comes at run time, as far as server-side apply looks at it.
  init(
    _ key: Key, _ shape: Shape, listType: String? = nil, listKeys: [Key] = [], isAtomic: Bool = false, defaultValue: JSON? = nil
  ) {
    self.key = key
    self.shape = shape
    var attributes = FieldAttributes.none
    attributes.listType = listType
    attributes.mapType = isAtomic ? "atomic" : nil
    self.attributes = attributes
    self.listKeys = listKeys
    self.defaultValue = defaultValue
    elementType = shape.elementType
    isMap = if case .map = shape { true } else { false }
    description = UnsafeBufferPointer(start: nil, count: 0)
    mergeKey = nil
    isRequired = false
    isImmutable = false
    minimum = nil
    maximum = nil
    mergesLists = false
    isReplaced = false
    dropsZero = false
    writtenZero = nil
    filled = []
    walks = []
    isPlain = false
  }

  private static func value(_ text: String?) throws(SchemaLanguageError) -> JSON? {
    guard let text else { return nil }
    do throws(JSONError) { return try JSONParser.parse(text) } catch {
      throw SchemaLanguageError(line: 0, message: "default=\(text): \(error)")
    }
  }

  package var name: String { key.name }
  package var docs: String { String(decoding: description, as: UTF8.self) }
  package var enumeration: [String] { attributes.enumeration }
  var isUnchecked: Bool { attributes.isUnchecked }
  var isMissingUnchecked: Bool { isUnchecked && enumeration.isEmpty }
  /// Repeated keys or elements are refused.
  var refusesRepeats: Bool { !attributes.allowsRepeats && (attributes.listType == "set" || !listKeys.isEmpty) }
}
