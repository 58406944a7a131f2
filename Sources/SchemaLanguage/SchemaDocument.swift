/// What a `.schema` file declares. The language is line based:
///
///     package apps.v1 path=io.k8s.api.apps.v1 group=apps version=v1
///     words NAME …                         names that are interned though no field has them
///     type StatefulSetSpec [kind] [map=atomic] [swift=NAME] [make=FIELD,…]
///     | What the type is, in our own words.
///       replicas int32 [#1?!] [required] [default=1] [min=0] [max=…] [enum=A|B [unchecked]] [list=set|atomic] [keys=a,b]
///                      [mergeKey=a] [strategy=merge|replace|retainKeys] [map=atomic] [immutable[=forbidden]] [repeats] [nonempty] [gate=NAME]
///       | What the field is.
///       ! [=A|B] What is done instead of acting on it, or on these values of it: nothing but a warning.
///
/// Types of fields: string bytes time microTime quantity int32 int64 double bool intOrString any, the name of a type of this
/// package, PACKAGE.TYPE of another one, `[T]` for a list and `{T}` for a map from names. A field with keys= is a list of type map.
/// #3: the field's number in protobuf; #2.1: number 1 in the message of number 2, which JSON does not show; #3? may be absent, so
/// that 0, "" and an empty message mean what they say and are kept when they are given; of other fields they are dropped, unless #3!
/// says that the field is written always, also when it was not given. Source: the struct tags of k8s.io/api, v0.36.
/// enum: the values that are accepted, with "_" for a space.
/// make: a function makes the type from these fields in one piece, in this order; for what is written often.
/// unchecked: a rule of the kind refuses what enum does not list, or without enum what is missing, where upstream refuses it in
/// another way than most.
/// nonempty: an empty list is no absent one; it stays until a rule of the kind has refused it.
/// immutable: a change is Invalid, with =forbidden it is Forbidden.
/// gate: only a feature knows the field whose gate, NAME, is off in v1.36: it is dropped, with a warning, unless it was there.
/// stored: nothing is to be done for it but to keep it. What is neither that nor under a `!` is acted on.
/// repeats: equal keys or elements are accepted, as upstream's validation accepts them (two environment variables of one name).
package struct SchemaDocument: Sendable {
  package var types: [SchemaType] = []
  /// Names to intern besides those of fields.
  package var words: [String] = []

  /// Every name that is interned; its place is its number.
  package var vocabulary: [String] { Set(types.flatMap { $0.fields.map(\.name) } + words).sorted() }
}

/// One object type.
package struct SchemaType: Sendable {
  /// "apps.v1"
  package var package: String
  /// "io.k8s.api.apps.v1": the prefix of the type's name in OpenAPI documents.
  package var path: String
  package var group: String
  package var version: String
  package var name: String
  package var docs = ""
  /// It stands on its own as apiVersion and kind.
  package var isKind = false
  package var mapType: String?
  package var swiftName: String
  /// Names of the fields that its `make` takes.
  package var made: [String] = []
  package var fields: [SchemaField] = []

  /// "apps.v1.StatefulSetSpec": unique.
  package var qualifiedName: String { package + "." + name }
}

/// One field of an object type.
@dynamicMemberLookup package struct SchemaField: Sendable {
  package var name: String
  package var type: FieldType
  package var docs = ""
  package var attributes = FieldAttributes()

  package subscript<T>(dynamicMember member: KeyPath<FieldAttributes, T>) -> T { attributes[keyPath: member] }
}

/// What is said of a field besides its name, type and description.
package struct FieldAttributes: Sendable {
  package var marks: FieldMarks = []
  /// The feature gate, off in v1.36, without which the field is dropped.
  package var gate: String?
  package var limit: FieldLimit?
  /// The default as JSON text.
  package var defaultText: String?
  package var minimum: Int64?
  package var maximum: Int64?
  package var enumeration: [String] = []
  package var listType: String?
  package var listKeys: [String] = []
  package var mergeKey: String?
  package var strategies: [String] = []
  package var mapType: String?
  package var protobuf: ProtobufNumber?

  /// Nothing is said.
  package static let none = FieldAttributes()

  package var isRequired: Bool { marks.contains(.required) }
  package var isAlwaysWritten: Bool { marks.contains(.alwaysWritten) }
  package var allowsRepeats: Bool { marks.contains(.repeats) }
  package var isUnchecked: Bool { marks.contains(.unchecked) }
  package var isImmutable: Bool { marks.contains(.immutable) }
  package var forbidsChange: Bool { marks.contains(.forbidsChange) }
  package var refusesEmpty: Bool { marks.contains(.nonempty) }
  package var isStored: Bool { marks.contains(.stored) }
}

package struct FieldMarks: OptionSet, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let required = FieldMarks(rawValue: 1)
  /// Stored also where nothing was given: as its zero value, or as null where that may be absent.
  package static let alwaysWritten = FieldMarks(rawValue: 2)
  /// Elements with equal keys are accepted.
  package static let repeats = FieldMarks(rawValue: 4)
  /// A rule of the kind says what is refused, and how.
  package static let unchecked = FieldMarks(rawValue: 8)
  package static let immutable = FieldMarks(rawValue: 16)
  /// A change of it is Forbidden instead of Invalid.
  package static let forbidsChange = FieldMarks(rawValue: 32)
  /// An empty list is told from none when it is decoded, for a rule of the kind to refuse it.
  package static let nonempty = FieldMarks(rawValue: 64)
  /// Kept, and nothing else is to be done.
  package static let stored = FieldMarks(rawValue: 128)
}

/// That a field is accepted and not acted on.
package struct FieldLimit: Sendable, Equatable {
  /// What is done instead.
  package var text = ""
  /// Of these values only; empty: of all that say something.
  package var values: [String] = []
}

/// Where a field stands in protobuf.
package struct ProtobufNumber: Sendable, Equatable {
  package static let deepest = 3
  /// Numbers from the outermost message inwards, 8 bits each, the first in the lowest.
  package var path: UInt32 = 0
  package var depth = 0
  /// A value of zero is a value.
  package var isOptional = false
}

package indirect enum FieldType: Sendable, Equatable {
  case string, bytes, time, microTime, quantity, int32, int64, double, bool, intOrString, any
  /// The qualified name of another type.
  case reference(String)
  case list(FieldType)
  case map(FieldType)
}

package struct SchemaLanguageError: Error, CustomStringConvertible {
  package var line: Int
  package var message: String
  package init(line: Int, message: String) {
    self.line = line
    self.message = message
  }
  package var description: String { "line \(line): \(message)" }
}
