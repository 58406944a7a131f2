/// The full name of an image, from whatever short form a user types: "app:test" is docker.io/library/app:test.
/// The grammar is that of github.com/distribution/reference v0.6.
package struct ImageReference: Sendable, Hashable, CustomStringConvertible {
  /// "docker.io", "localhost:5000".
  package let registry: String
  /// "library/app"
  package let repository: String
  package let tag: String?
  /// "sha256:…"
  package let digest: String?

  /// - Throws: `invalidName`.
  package init(_ name: String) throws(ImageError) {
    func invalid(_ reason: String) -> ImageError { .invalidName(name, reason: reason) }
    guard !name.isEmpty else { throw invalid("it is empty") }
    var rest = Substring(name)
    var digest: String?
    if let at = rest.firstIndex(of: "@") {
      let text = String(rest[rest.index(after: at)...])
      guard Digest.isValid(text) else { throw invalid("\"\(text)\" is no digest (sha256: and 64 hexadecimal digits)") }
      digest = text
      rest = rest[..<at]
    }
    var tag: String?
    if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
      let text = String(rest[rest.index(after: colon)...])
      guard ImageReference.isTag(text) else { throw invalid("\"\(text)\" is no tag (letters, digits, _ . -; at most 128)") }
      tag = text
      rest = rest[..<colon]
    }
    var registry = "docker.io"
    if let slash = rest.firstIndex(of: "/") {
      let first = rest[..<slash]
      if first.contains(".") || first.contains(":") || first == "localhost" || first.contains(where: \.isUppercase) {
        guard ImageReference.isHost(first) else { throw invalid("\"\(first)\" is no registry address") }
        registry = first == "index.docker.io" ? "docker.io" : String(first)
        rest = rest[rest.index(after: slash)...]
      }
    }
    for part in rest.split(separator: "/", omittingEmptySubsequences: false) {
      guard ImageReference.isPathPart(part) else {
        let upper = part.contains(where: \.isUppercase) ? ": names are in lower case" : ""
        throw invalid("\"\(part)\" cannot be part of a name\(upper)")
      }
    }
    guard rest.utf8.count <= 255 else { throw invalid("it is longer than 255 bytes") }
    self.registry = registry
    repository = registry == "docker.io" && !rest.contains("/") ? "library/" + rest : String(rest)
    self.digest = digest
    self.tag = tag ?? (digest == nil ? "latest" : nil)
  }

  /// "docker.io/library/app"
  package var name: String { registry + "/" + repository }

  /// "docker.io/library/app:test"; with a digest the tag does not matter: "docker.io/library/app@sha256:…".
  package var description: String {
    registry + "/" + repository + (digest.map { "@" + $0 } ?? ":" + (tag ?? "latest"))
  }

  static func isTag(_ text: String) -> Bool {
    guard let first = text.utf8.first, text.utf8.count <= 128, isAlphanumeric(first) || first == UInt8(ascii: "_") else {
      return false
    }
    return text.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
  }

  private static func isHost(_ text: Substring) -> Bool {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, !parts[0].isEmpty else { return false }
    if parts.count == 2, UInt16(parts[1]) == nil { return false }
    return parts[0].split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      !label.isEmpty && label.first != "-" && label.last != "-"
        && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }
  }

  /// Lower-case letters and digits, separated by one ".", one or two "_", or any number of "-".
  private static func isPathPart(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last, isAlphanumeric(first), isAlphanumeric(last) else {
      return false
    }
    var separator: [UInt8] = []
    for byte in text.utf8 {
      if isAlphanumeric(byte) {
        if byte < 0x61, byte > 0x39 { return false }
        separator = []
        continue
      }
      separator.append(byte)
      let dashes = separator.allSatisfy { $0 == UInt8(ascii: "-") }
      if !dashes, separator != [UInt8(ascii: ".")], separator != [0x5F], separator != [0x5F, 0x5F] { return false }
    }
    return true
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x7A || byte >= 0x41 && byte <= 0x5A
  }
}
