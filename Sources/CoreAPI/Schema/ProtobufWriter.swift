/// Writes a protobuf message, field by field (wire format of proto3).
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func lengthPrefixed(_ number: Int, _ content: some Collection<UInt8>) {
    varint(UInt64(number << 3 | 2))
    varint(UInt64(content.count))
    bytes += content
  }

  mutating func string(_ number: Int, _ text: String?) {
    if let text, !text.isEmpty { lengthPrefixed(number, text.utf8) }
  }

  mutating func bool(_ number: Int, _ flag: Bool) {
    guard flag else { return }
    varint(UInt64(number << 3))
    bytes.append(1)
  }

  mutating func data(_ number: Int, _ content: some Collection<UInt8>) { lengthPrefixed(number, content) }

  mutating func integer(_ number: Int, _ value: Int64) {
    varint(UInt64(number << 3))
    varint(UInt64(bitPattern: value))
  }

  mutating func double(_ number: Int, _ value: Double?) {
    guard let value else { return }
    varint(UInt64(number << 3 | 1))
    for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift)) }
  }

  /// A message inside this one; present even if it is empty.
  mutating func message(_ number: Int, _ write: (inout ProtobufWriter) -> Void) {
    var inner = ProtobufWriter()
    write(&inner)
    lengthPrefixed(number, inner.bytes)
  }
}
