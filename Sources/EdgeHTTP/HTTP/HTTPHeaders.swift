/// Header fields in order, held in their HTTP/1.1 wire form ("name: value\r\n") so that writing them is one copy.
/// Names are kept in lower case, as HTTP/2 demands.
package struct HTTPHeaders: Sendable, ExpressibleByDictionaryLiteral {
  struct Field {
    var start: Int
    var nameCount: Int
    var valueCount: Int
  }

  private(set) var wire: [UInt8] = []
  private(set) var fields: [Field] = []
  /// A parser is in the value of the last field.
  private var isInValue = false

  package init() {}

  package init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { append(name, value) }
  }

  package var count: Int { fields.count }

  /// Line breaks and NUL in a value become spaces, so that no value can add a field of its own.
  package mutating func append(_ name: String, _ value: String) {
    beginField()
    var name = name
    name.withUTF8 { appendToName(UnsafeRawBufferPointer($0)) }
    beginValue()
    var value = value
    value.withUTF8 { appendToValue(UnsafeRawBufferPointer($0)) }
    endField()
  }

  /// The first value of the field; `name` in lower case.
  package subscript(name: String) -> String? {
    for index in fields.indices where isNamed(index, name) { return value(index) }
    return nil
  }

  /// All values of the field; `name` in lower case.
  package func values(_ name: String) -> [String] { fields.indices.filter { isNamed($0, name) }.map(value) }

  /// The comma-separated words of all fields of that name, as in `Sec-WebSocket-Protocol`.
  package func list(_ name: String) -> [String] {
    values(name).flatMap { value in
      value.utf8.split(separator: UInt8(ascii: ",")).map { String(decoding: trimmed($0), as: UTF8.self) }.filter { !$0.isEmpty }
    }
  }

  /// All fields in order.
  package var all: [(name: String, value: String)] { fields.indices.map { (name($0), value($0)) } }

  private func isNamed(_ index: Int, _ name: String) -> Bool {
    let field = fields[index]
    guard name.utf8.count == field.nameCount else { return false }
    return name.utf8.elementsEqual(wire[field.start..<(field.start + field.nameCount)])
  }

  private func name(_ index: Int) -> String {
    let field = fields[index]
    return String(decoding: wire[field.start..<(field.start + field.nameCount)], as: UTF8.self)
  }

  private func value(_ index: Int) -> String {
    let start = valueStart(index)
    return String(decoding: wire[start..<(start + fields[index].valueCount)], as: UTF8.self)
  }

  func valueStart(_ index: Int) -> Int { fields[index].start + fields[index].nameCount + 2 }
}

/// Filling in pieces, as a parser sees a field.
extension HTTPHeaders {
  mutating func reserve() {
    wire.reserveCapacity(512)
    fields.reserveCapacity(12)
  }

  /// A parser's next piece of a name, which begins a field where the last one has its value.
  mutating func receiveName(_ bytes: UnsafeRawBufferPointer) {
    if isInValue || fields.isEmpty {
      finish()
      beginField()
    }
    appendToName(bytes)
  }

  mutating func receiveValue(_ bytes: UnsafeRawBufferPointer) {
    if !isInValue { beginValue() }
    isInValue = true
    appendToValue(bytes)
  }

  /// Ends the last field.
  mutating func finish() {
    if isInValue { endField() }
    isInValue = false
  }

  mutating func beginField() { fields.append(Field(start: wire.count, nameCount: 0, valueCount: 0)) }

  mutating func appendToName(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes {
      wire.append(byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte == 0x0A || byte == 0x0D || byte == 0x3A ? 0x2D : byte)
    }
    fields[fields.count - 1].nameCount += bytes.count
  }

  mutating func beginValue() {
    wire.append(0x3A)
    wire.append(0x20)
  }

  mutating func appendToValue(_ bytes: UnsafeRawBufferPointer) {
    let start = wire.count
    wire.append(contentsOf: bytes)
    fields[fields.count - 1].valueCount += bytes.count
    for index in start..<wire.count where wire[index] == 0x0A || wire[index] == 0x0D || wire[index] == 0 { wire[index] = 0x20 }
  }

  mutating func endField() {
    wire.append(0x0D)
    wire.append(0x0A)
  }
}

/// Without spaces and tabs at both ends.
package func trimmed<Bytes: BidirectionalCollection>(_ bytes: Bytes) -> Bytes.SubSequence where Bytes.Element == UInt8 {
  var slice = bytes[...]
  while let first = slice.first, first == 0x20 || first == 0x09 { slice = slice.dropFirst() }
  while let last = slice.last, last == 0x20 || last == 0x09 { slice = slice.dropLast() }
  return slice
}
