package import CoreObjects
import SchemaLanguage

/// Bytes that are no object in Kubernetes' protobuf form.
package struct ProtobufError: Error, Equatable, CustomStringConvertible {
  package var message: String
  package var description: String { message }
}

extension Schema {
  /// An object as clients send it in application/vnd.kubernetes.protobuf: four bytes "k8s\0", then a message of apiVersion and
  /// kind (1) and the object's own message (2). The result is the tree that the same object has in JSON.
  /// Source: k8s.io/apimachinery/pkg/runtime/serializer/protobuf, v1.36.
  package func decodeProtobuf(_ bytes: [UInt8]) throws(ProtobufError) -> JSON {
    guard bytes.starts(with: [0x6B, 0x38, 0x73, 0]) else { throw ProtobufError(message: "it does not begin with \"k8s\\0\"") }
    var apiVersion = ""
    var kind = ""
    var object = bytes[0..<0]
    var envelope = ProtobufFields(rest: bytes[4...])
    while let field = try envelope.next() {
      switch field.number {
      case 1:
        var names = ProtobufFields(rest: field.bytes)
        while let name = try names.next() { if name.number == 1 { apiVersion = name.text } else { kind = name.text } }
      case 2: object = field.bytes
      case 3 where !field.bytes.isEmpty: throw ProtobufError(message: "content encoding \(field.text) is not understood")
      default: break
      }
    }
    guard let type = protobufType(apiVersion, kind) else {
      throw ProtobufError(message: "kind \"\(kind)\" in \"\(apiVersion)\" is not known")
    }
    guard type.fields.contains(where: { $0.attributes.protobuf != nil }) else {
      throw ProtobufError(message: "kind \"\(kind)\" in \"\(apiVersion)\" is read from JSON alone")
    }
    var members = [Member(key: .apiVersion, value: .string(apiVersion)), Member(key: .kind, value: .string(kind))]
    var reader = ProtobufObject()
    try reader.read(object, type, 0, 0, &members)
    return .object(members)
  }

  /// DeleteOptions and their like are sent under every group.
  func protobufType(_ apiVersion: String, _ kind: String) -> TypeSchema? {
    let parts = apiVersion.split(separator: "/")
    let group = parts.count == 2 ? String(parts[0]) : ""
    let version = parts.last.map(String.init) ?? ""
    return types.first { $0.name == kind && $0.group == group && $0.version == version } ?? type("meta.v1." + kind)
  }
}

/// The fields of one message, one after the other.
struct ProtobufFields {
  struct Field {
    var number: Int
    var wireType: Int
    /// Of wire types 0, 1 and 5.
    var integer: UInt64 = 0
    /// Of wire type 2.
    var bytes: ArraySlice<UInt8> = []
    var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  var rest: ArraySlice<UInt8>

  /// Nil at the end.
  mutating func next() throws(ProtobufError) -> Field? {
    if rest.isEmpty { return nil }
    let tag = try varint()
    guard tag >> 3 > 0, tag >> 3 < 1 << 29 else { throw ProtobufError(message: "a field has number \(tag >> 3)") }
    var field = Field(number: Int(tag >> 3), wireType: Int(tag & 7))
    switch field.wireType {
    case 0: field.integer = try varint()
    case 1: field.integer = try fixed(8)
    case 2: field.bytes = try read(try varint())
    case 5: field.integer = try fixed(4)
    default: throw ProtobufError(message: "wire type \(field.wireType) is not understood")
    }
    return field
  }

  private mutating func varint() throws(ProtobufError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = rest.popFirst() else { throw ProtobufError(message: "it ends within a number") }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw ProtobufError(message: "a number has more than ten bytes")
  }

  private mutating func read(_ count: UInt64) throws(ProtobufError) -> ArraySlice<UInt8> {
    guard count <= UInt64(rest.count) else {
      throw ProtobufError(message: "it ends too early: \(count) bytes are announced, \(rest.count) left")
    }
    defer { rest = rest.dropFirst(Int(count)) }
    return rest.prefix(Int(count))
  }

  private mutating func fixed(_ count: Int) throws(ProtobufError) -> UInt64 {
    try read(UInt64(count)).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
