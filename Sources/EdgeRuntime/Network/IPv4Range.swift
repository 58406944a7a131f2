/// A range of addresses: "10.244.0.0/16".
struct IPv4Range: Equatable {
  private let first: UInt32
  private let last: UInt32

  /// nil for what is none. An address is a range of one.
  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let bytes = parts[0].split(separator: ".", omittingEmptySubsequences: false).compactMap { UInt8($0) }
    guard parts.count <= 2, bytes.count == 4, let length = parts.count == 2 ? Int(parts[1]) : 32, 0...32 ~= length else {
      return nil
    }
    let mask = length == 0 ? 0 : UInt32.max << (32 - UInt32(length))
    first = bytes.reduce(0) { $0 << 8 | UInt32($1) } & mask
    last = first | ~mask
  }

  func overlaps(_ other: IPv4Range) -> Bool { first <= other.last && other.first <= last }

  /// Where the lines of `ip route show` lead, except those to everywhere.
  static func ranges(ofRoutes text: String) -> [(range: IPv4Range, line: String)] {
    text.split { $0 == "\n" }.compactMap { line in
      let range = line.split { $0 == " " }.prefix(2).lazy.compactMap { IPv4Range($0) }.first
      return range.map { ($0, line.split { $0 == " " }.joined(separator: " ")) }
    }
  }
}

/// A range of a cluster that its machine uses for something else.
package struct TakenRange: Equatable, Sendable {
  package let range: String
  /// Of the machine, as `ip route` shows it.
  package let route: String

  package init(range: String, route: String) { (self.range, self.route) = (range, route) }
}
