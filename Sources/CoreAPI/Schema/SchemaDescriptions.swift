/// What this program's schema says of its types and fields for people, found when it is asked for.
enum SchemaDescriptions {
  /// Where each line begins, and the end.
  private static let starts: [Int] = {
    let bytes = UnsafeBufferPointer(start: schemaDescriptions.utf8Start, count: schemaDescriptions.utf8CodeUnitCount)
    var starts = [0]
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(index + 1) }
    return starts + [bytes.count + 1]
  }()

  static func line(_ index: Int) -> String {
    let bytes = UnsafeBufferPointer(start: schemaDescriptions.utf8Start, count: schemaDescriptions.utf8CodeUnitCount)
    return String(decoding: bytes[starts[index]..<starts[index + 1] - 1], as: UTF8.self)
  }
}
