import CoreObjects

/// JSON for people: `?pretty=true`. Two spaces a level.
enum PrettyJSON {
  static func bytes(_ tree: JSON) -> [UInt8] {
    var writer = JSONWriter(capacity: 4096)
    write(tree, 0, &writer)
    writer.byte(UInt8(ascii: "\n"))
    return writer.bytes()
  }

  private static func write(_ tree: JSON, _ depth: Int, _ writer: inout JSONWriter) {
    switch tree {
    case .array(let elements) where !elements.isEmpty:
      writer.byte(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        begin(index, depth, &writer)
        write(element, depth + 1, &writer)
      }
      end(UInt8(ascii: "]"), depth, &writer)
    case .object(let members) where !members.isEmpty:
      writer.byte(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        begin(index, depth, &writer)
        writer.string(member.key.name)
        writer.literal(": ")
        write(member.value, depth + 1, &writer)
      }
      end(UInt8(ascii: "}"), depth, &writer)
    default: writer.write(tree)
    }
  }

  private static func begin(_ index: Int, _ depth: Int, _ writer: inout JSONWriter) {
    if index > 0 { writer.byte(UInt8(ascii: ",")) }
    newLine(depth + 1, &writer)
  }

  private static func end(_ bracket: UInt8, _ depth: Int, _ writer: inout JSONWriter) {
    newLine(depth, &writer)
    writer.byte(bracket)
  }

  private static func newLine(_ depth: Int, _ writer: inout JSONWriter) {
    writer.byte(UInt8(ascii: "\n"))
    for _ in 0..<depth { writer.literal("  ") }
  }
}
