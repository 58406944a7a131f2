/// Reads what `SchemaTable` writes, part by part in the same order. The bytes are trusted: they are part of the program.
package struct SchemaTableReader {
  private let bytes: UnsafePointer<UInt8>
  private let descriptions: UnsafePointer<UInt8>
  private var place = 0

  package init(_ bytes: UnsafePointer<UInt8>, descriptions: UnsafePointer<UInt8>) {
    self.bytes = bytes
    self.descriptions = descriptions
  }

  package mutating func number() -> Int {
    var (number, shift) = (0, 0)
    while bytes[place] >= 0x50 {
      number |= Int(bytes[place] - 0x50) << shift
      shift += 5
      place += 1
    }
    defer { place += 1 }
    return number | Int(bytes[place] - 0x30) << shift
  }

  package mutating func text() -> String {
    let count = number()
    defer { place += count }
    return String(decoding: UnsafeBufferPointer(start: bytes + place, count: count), as: UTF8.self)
  }

  /// A description, to be decoded when somebody asks for it.
  package mutating func description() -> UnsafeBufferPointer<UInt8> {
    let start = number()
    return UnsafeBufferPointer(start: descriptions + start, count: number())
  }

  /// - Parameters:
  ///   - scalar: Called for what is no list, map or object, by its place in the order string, bytes, time, microTime, quantity, int32,
  ///     int64, double, bool, intOrString, any.
  ///   - object: Called with the place of the type.
  package mutating func type<T>(scalar: (Int) -> T, object: (Int) -> T, list: (T) -> T, map: (T) -> T) -> T {
    switch number() {
    case Scalar.list: list(type(scalar: scalar, object: object, list: list, map: map))
    case Scalar.map: map(type(scalar: scalar, object: object, list: list, map: map))
    case let number where number >= Scalar.firstType: object(number - Scalar.firstType)
    case let number: scalar(number)
    }
  }

  fileprivate mutating func signed() -> Int64 {
    let isNegative = number() == 1
    return isNegative ? -Int64(number()) : Int64(number())
  }

  fileprivate mutating func texts() -> [String] {
    let count = number()
    return (0..<count).map { _ in text() }
  }
}

extension FieldAttributes {
  /// In place: a copy of so many members costs more than all the rest.
  package init(_ reader: inout SchemaTableReader) {
    marks = FieldMarks(rawValue: UInt8(reader.number()))
    let protobuf = reader.number()
    if protobuf > 0 {
      self.protobuf = ProtobufNumber(path: UInt32(protobuf >> 3), depth: protobuf >> 1 & 3, isOptional: protobuf & 1 == 1)
    }
    let present = reader.number()
    if present == 0 { return }
    if present & 1 << 0 != 0 { minimum = reader.signed() }
    if present & 1 << 1 != 0 { maximum = reader.signed() }
    if present & 1 << 2 != 0 { gate = reader.text() }
    if present & 1 << 3 != 0 { defaultText = reader.text() }
    if present & 1 << 4 != 0 { listType = reader.text() }
    if present & 1 << 5 != 0 { mergeKey = reader.text() }
    if present & 1 << 6 != 0 { mapType = reader.text() }
    if present & 1 << 7 != 0 { limit = FieldLimit(text: reader.text()) }
    if present & 1 << 8 != 0 { enumeration = reader.texts() }
    if present & 1 << 9 != 0 { listKeys = reader.texts() }
    if present & 1 << 10 != 0 { strategies = reader.texts() }
    if present & 1 << 11 != 0 { limit?.values = reader.texts() }
  }
}
