/// Texts by code points.
enum Text {
  /// Where one row of bytes begins in another, from `start` on.
  static func find<T: Equatable>(_ part: [T], in whole: [T], from start: Int = 0) -> Int? {
    if part.isEmpty { return start <= whole.count ? start : nil }
    var place = start
    while place + part.count <= whole.count {
      if whole[place] == part[0], whole[place..<place + part.count].elementsEqual(part) { return place }
      place += 1
    }
    return nil
  }

  static func join(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    return String(text)
  }

  /// In ASCII alone.
  static func mapped(_ text: String, _ change: (UInt8) -> UInt8) -> String {
    String(decoding: text.utf8.map(change), as: UTF8.self)
  }
  static func lowercased(_ text: String) -> String { mapped(text) { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 } }
  static func uppercased(_ text: String) -> String { mapped(text) { (0x61...0x7A).contains($0) ? $0 & 0xDF : $0 } }

  /// With quotes, and escapes for what is not to be seen.
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\u{7}": quoted += "\\a"
      case "\u{8}": quoted += "\\b"
      case "\u{C}": quoted += "\\f"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case "\u{B}": quoted += "\\v"
      case "\\": quoted += "\\\\"
      case "\"": quoted += "\\\""
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
