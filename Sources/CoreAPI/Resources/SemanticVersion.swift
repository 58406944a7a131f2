/// Versions by semver.org, 2.0.0: three numbers, perhaps a pre-release behind "-" and a build behind "+".
enum SemanticVersion {
  static func isOne(_ text: String) -> Bool {
    let sides = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    if sides.count == 2, !parts(sides[1]).allSatisfy(isWord) { return false }
    let front = sides[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    if front.count == 2, !parts(front[1]).allSatisfy({ isWord($0) && (!isDigits($0) || isNumber($0)) }) { return false }
    let numbers = parts(front[0])
    return numbers.count == 3 && numbers.allSatisfy(isNumber)
  }

  private static func parts(_ text: Substring) -> [Substring] { text.split(separator: ".", omittingEmptySubsequences: false) }

  private static func isDigits(_ text: Substring) -> Bool { !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) } }

  private static func isNumber(_ text: Substring) -> Bool { isDigits(text) && (text == "0" || !text.hasPrefix("0")) }

  private static func isWord(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == UInt8(ascii: "-") }
  }
}
