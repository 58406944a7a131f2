/// A version as semver.org 2.0.0 writes it.
struct SemanticVersion: Sendable {
  let major: UInt64
  let minor: UInt64
  let patch: UInt64
  /// The identifiers of a release that comes before; none of a release.
  let prerelease: [String]

  init?(_ text: String) {
    let halves = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    if halves.count == 2, !SemanticVersion.identifiers(halves[1]).allSatisfy(SemanticVersion.isIdentifier) { return nil }
    let parts = halves[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false).map(SemanticVersion.number)
    guard numbers.count == 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else { return nil }
    (self.major, self.minor, self.patch) = (major, minor, patch)
    prerelease = parts.count == 2 ? SemanticVersion.identifiers(parts[1]) : []
    let isWell = prerelease.allSatisfy { identifier in
      SemanticVersion.isIdentifier(identifier)
        && (!identifier.utf8.allSatisfy(Lexer.isDigit) || SemanticVersion.number(Substring(identifier)) != nil)
    }
    if !isWell { return nil }
  }

  /// With a "v" in front, without minor or patch, with zeros in front of numbers.
  init?(tolerant text: String) {
    var rest = text[...]
    if rest.hasPrefix("v") { rest.removeFirst() }
    var parts = rest.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    for (place, part) in parts.enumerated() where part.utf8.count > 1 {
      let stripped = part.drop { $0 == "0" }
      let hasDigit = stripped.utf8.first.map(Lexer.isDigit) == true
      parts[place] = (hasDigit ? "" : "0") + stripped
    }
    if parts.count < 3, parts.last?.contains(where: { $0 == "+" || $0 == "-" }) == true { return nil }
    while parts.count < 3 { parts.append("0") }
    self.init(parts.joined(separator: "."))
  }

  private static func identifiers(_ text: Substring) -> [String] {
    text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
  }

  private static func isIdentifier(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { ($0 != UInt8(ascii: "_") && Lexer.isLetter($0)) || Lexer.isDigit($0) || $0 == UInt8(ascii: "-") }
  }

  /// Digits without a zero in front.
  private static func number(_ text: Substring) -> UInt64? {
    guard !text.isEmpty, text.utf8.allSatisfy(Lexer.isDigit), text.utf8.count == 1 || !text.hasPrefix("0") else { return nil }
    return UInt64(text)
  }

  /// -1, 0 or 1.
  func compare(_ other: SemanticVersion) -> Int {
    for (x, y) in [(major, other.major), (minor, other.minor), (patch, other.patch)] where x != y { return x < y ? -1 : 1 }
    // A release comes after what was released before it.
    if prerelease.isEmpty || other.prerelease.isEmpty {
      return prerelease.isEmpty == other.prerelease.isEmpty ? 0 : prerelease.isEmpty ? 1 : -1
    }
    for (x, y) in zip(prerelease, other.prerelease) where x != y {
      switch (UInt64(x), UInt64(y)) {
      case (let a?, let b?): return a < b ? -1 : 1
      case (nil, _?): return 1
      case (_?, nil): return -1
      case (nil, nil): return x.utf8.lexicographicallyPrecedes(y.utf8) ? -1 : 1
      }
    }
    return (prerelease.count - other.prerelease.count).signum()
  }
}
