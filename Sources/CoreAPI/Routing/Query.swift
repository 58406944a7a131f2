import CoreObjects

/// The parameters behind the "?".
struct Query: Sendable {
  private var pairs: [(name: String, value: String)] = []

  /// Most requests have none: that costs nothing.
  init(_ text: String) throws(APIError) {
    if text.isEmpty { return }
    var text = text
    let pairs = text.withUTF8 { bytes -> [(name: String, value: String)]? in
      var pairs: [(name: String, value: String)] = []
      for part in bytes.split(separator: UInt8(ascii: "&")) {
        let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
        guard let name = Query.decode(part[..<equals]), let value = Query.decode(part[equals...].dropFirst()) else { return nil }
        pairs.append((name, value))
      }
      return pairs
    }
    guard let pairs else { throw .badRequest("the query holds a percent sign that is not followed by two hexadecimal digits") }
    self.pairs = pairs
  }

  private static func decode(_ part: Slice<UnsafeBufferPointer<UInt8>>) -> String? {
    PercentText.decode(UnsafeBufferPointer(rebasing: part), plusIsSpace: true)
  }

  var isEmpty: Bool { pairs.isEmpty }

  /// The first value of this name.
  subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

  func all(_ name: String) -> [String] { pairs.compactMap { $0.name == name ? $0.value : nil } }

  /// As upstream reads booleans in queries: "false" and "0" are false, anything else is true.
  func flag(_ name: String) -> Bool? {
    guard let value = self[name] else { return nil }
    switch value.lowercased() {
    case "false", "0": return false
    default: return true
    }
  }

  /// A whole number of at least `minimum`.
  func number(_ name: String, atLeast minimum: Int = 0) throws(APIError) -> Int? {
    guard let value = self[name] else { return nil }
    guard let number = Int(value), number >= minimum else {
      let bound = minimum == .min ? "" : " of at least \(minimum)"
      throw .badRequest("parameter \(name): \"\(value)\" is no whole number\(bound)")
    }
    return number
  }
}
