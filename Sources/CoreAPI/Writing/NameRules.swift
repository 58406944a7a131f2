/// Forms of names. Source of lengths and letters: k8s.io/apimachinery/pkg/util/validation/validation.go, v1.36.
enum NameRules {
  /// What is wrong with a name, nil where it is good.
  static func problem(_ name: String, _ rule: NameRule) -> String? {
    switch rule {
    case .dnsSubdomain:
      if name.utf8.count > 253 { return "must be no more than 253 bytes" }
      return isSubdomain(name)
        ? nil
        : "a lowercase RFC 1123 subdomain wants lower case letters, digits, '-' and '.', with a letter or digit at both ends of each part"
    case .dnsLabel:
      if name.utf8.count > 63 { return "must be no more than 63 bytes" }
      return isLabel(name[...])
        ? nil : "a lowercase RFC 1123 label wants lower case letters, digits and '-', with a letter or digit at both ends"
    case .dns1035Label:
      if name.utf8.count > 63 { return "must be no more than 63 bytes" }
      let begins = name.utf8.first.map { (0x61...0x7A).contains($0) } ?? false
      return begins && isLabel(name[...])
        ? nil : "a DNS-1035 label wants lower case letters, digits and '-', and begins with a letter"
    case .pathSegment:
      if name == "." || name == ".." { return "may not be '\(name)'" }
      if name.utf8.contains(UInt8(ascii: "/")) { return "may not contain '/'" }
      return name.utf8.contains(UInt8(ascii: "%")) ? "may not contain '%'" : nil
    }
  }

  static func isLabel(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last, text.utf8.count <= 63 else { return false }
    return isLowerOrDigit(first) && isLowerOrDigit(last) && text.utf8.allSatisfy { isLowerOrDigit($0) || $0 == UInt8(ascii: "-") }
  }

  /// Parts of a subdomain are not bound to 63 characters; the whole is to 253.
  static func isSubdomain(_ text: some StringProtocol) -> Bool { isSubdomain(text.utf8) }

  private static func isSubdomain(_ bytes: some Collection<UInt8>) -> Bool {
    guard !bytes.isEmpty else { return false }
    var atStart = true
    var last = UInt8(ascii: "a")
    for byte in bytes {
      if byte == UInt8(ascii: ".") {
        if atStart || last == UInt8(ascii: "-") { return false }
        atStart = true
      } else {
        guard isLowerOrDigit(byte) || (byte == UInt8(ascii: "-") && !atStart) else { return false }
        atStart = false
      }
      last = byte
    }
    return !atStart && last != UInt8(ascii: "-")
  }

  /// "name" or "example.com/name": keys of labels and annotations, finalizers.
  static func qualifiedNameProblem(_ text: String) -> String? {
    var text = text
    return text.withUTF8 { bytes in
      var name = bytes[...]
      if let slash = bytes.firstIndex(of: UInt8(ascii: "/")) {
        let prefix = bytes[..<slash]
        name = bytes[(slash + 1)...]
        if name.contains(UInt8(ascii: "/")) { return "a qualified name has at most one '/'" }
        if prefix.isEmpty { return "the prefix part must not be empty" }
        if prefix.count > 253 || !isSubdomain(prefix) { return "the prefix part must be a lowercase RFC 1123 subdomain" }
      }
      if name.isEmpty { return "the name part must not be empty" }
      if name.count > 63 { return "the name part must be no more than 63 bytes" }
      return isWord(name)
        ? nil : "the name part wants letters, digits, '-', '_' and '.', with a letter or digit at both ends"
    }
  }

  static func labelValueProblem(_ value: String) -> String? {
    if value.isEmpty { return nil }
    if value.utf8.count > 63 { return "must be no more than 63 bytes" }
    var value = value
    return value.withUTF8 { isWord($0[...]) }
      ? nil : "a label's value wants letters, digits, '-', '_' and '.', with a letter or digit at both ends"
  }

  private static func isWord(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    guard let first = bytes.first, let last = bytes.last, isAlphanumeric(first), isAlphanumeric(last) else { return false }
    return bytes.allSatisfy {
      isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
    }
  }

  private static func isLowerOrDigit(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
  private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLowerOrDigit(byte) || (0x41...0x5A).contains(byte) }
}
