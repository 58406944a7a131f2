package import CoreObjects

/// Writes JSON trees as YAML in block style, members in order of their names, as sigs.k8s.io/yaml does. Texts that would be read as
/// something else, or that have more than one line, are quoted.
package struct YAMLWriter {
  private var text = ""

  package static func document(_ tree: JSON) -> String {
    var writer = YAMLWriter()
    writer.put(tree, 0, isInline: true)
    return writer.text
  }

  /// - Parameter isInline: the first line has begun already
  private mutating func put(_ value: JSON, _ indent: Int, isInline: Bool) {
    var isInline = isInline
    func begin() {
      if !isInline { text += String(repeating: " ", count: indent) }
      isInline = false
    }
    switch value {
    case .object(let members) where !members.isEmpty:
      for member in members.sorted(by: { $0.key.name < $1.key.name }) {
        begin()
        text += YAMLWriter.scalar(.string(member.key.name)) + ":"
        if YAMLWriter.isBlock(member.value) {
          text += "\n"
          put(member.value, member.value.isArray ? indent : indent + 2, isInline: false)
        } else {
          text += " "
          put(member.value, 0, isInline: true)
        }
      }
    case .array(let elements) where !elements.isEmpty:
      for element in elements {
        begin()
        text += "- "
        put(element, indent + 2, isInline: true)
      }
    default: text += YAMLWriter.scalar(value) + "\n"
    }
  }

  private static func isBlock(_ value: JSON) -> Bool { !value.elements.isEmpty || !value.members.isEmpty }

  private static func scalar(_ value: JSON) -> String {
    guard let text = value.string, isPlain(text) else { return value.description }
    return text
  }

  /// It begins with a letter or slash, has nothing in it that means something in YAML, and is no boolean, number or null.
  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.utf8.first, isLetter(first) || first == UInt8(ascii: "/") else { return false }
    let isSafe = text.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || "-_./".utf8.contains($0) }
    return isSafe && YAMLScalar.value(text) == .string(text)
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
}
