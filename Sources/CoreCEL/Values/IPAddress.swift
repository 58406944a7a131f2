/// An address of IPv4 or IPv6, without a zone. Addresses of IPv4 inside of IPv6 are none here.
struct IPAddress: Sendable, Equatable {
  /// 4 or 16.
  let bytes: [UInt8]

  init(bytes: [UInt8]) { self.bytes = bytes }

  init?(_ text: String) {
    if let bytes = IPAddress.four(text[...]) ?? IPAddress.sixteen(text) { self.bytes = bytes } else { return nil }
  }

  private static func four(_ text: Substring) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      guard part.utf8.allSatisfy(Lexer.isDigit), part.utf8.count <= 3, part.utf8.count == 1 || !part.hasPrefix("0"),
        let byte = UInt8(part)
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static func sixteen(_ text: String) -> [UInt8]? {
    guard text.utf8.count <= 45, text.contains(":") else { return nil }
    var halves: [[UInt8]] = [[]]
    var rest = text[...]
    // "::" stands for the zeros that are missing, once.
    if rest.hasPrefix("::") {
      halves.append([])
      rest = rest.dropFirst(2)
    }
    while !rest.isEmpty {
      let part = rest.prefix { $0 != ":" }
      if part.contains(".") {
        guard part.endIndex == rest.endIndex, let last = four(part) else { return nil }
        halves[halves.count - 1] += last
        break
      }
      guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(Lexer.isHexadecimal), let value = UInt16(part, radix: 16)
      else {
        return nil
      }
      halves[halves.count - 1] += [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
      rest = rest[part.endIndex...]
      if rest.isEmpty { break }
      rest.removeFirst()
      if rest.hasPrefix(":") {
        if halves.count > 1 { return nil }
        halves.append([])
        rest.removeFirst()
      } else if rest.isEmpty {
        return nil
      }
    }
    let count = halves.reduce(0) { $0 + $1.count }
    guard halves.count == 1 ? count == 16 : count <= 14 else { return nil }
    let bytes = halves.count == 1 ? halves[0] : halves[0] + [UInt8](repeating: 0, count: 16 - count) + halves[1]
    let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
    return isMapped ? nil : bytes
  }

  /// As RFC 5952 writes it.
  var text: String {
    if bytes.count == 4 { return bytes.map { String($0) }.joined(separator: ".") }
    let words = (0..<8).map { UInt16(bytes[$0 * 2]) << 8 | UInt16(bytes[$0 * 2 + 1]) }
    // The first of the longest rows of zeros, where it is longer than one.
    var zeros = 0..<0
    var place = 0
    while place < 8 {
      var end = place
      while end < 8, words[end] == 0 { end += 1 }
      if end - place > max(1, zeros.count) { zeros = place..<end }
      place = end + 1
    }
    func joined(_ words: ArraySlice<UInt16>) -> String { words.map { String($0, radix: 16) }.joined(separator: ":") }
    if zeros.isEmpty { return joined(words[...]) }
    return joined(words[..<zeros.lowerBound]) + "::" + joined(words[zeros.upperBound...])
  }

  private var isFour: Bool { bytes.count == 4 }
  var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }
  var isLoopback: Bool { isFour ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1 }
  private var isMulticast: Bool { isFour ? bytes[0] & 0xF0 == 0xE0 : bytes[0] == 0xFF }
  var isLinkLocalMulticast: Bool {
    isFour ? bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0 : bytes[0] == 0xFF && bytes[1] & 0x0F == 2
  }
  var isLinkLocalUnicast: Bool { isFour ? bytes[0] == 169 && bytes[1] == 254 : bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 }
  var isGlobalUnicast: Bool {
    !isUnspecified && !isLoopback && !isMulticast && !isLinkLocalUnicast && !(isFour && bytes.allSatisfy { $0 == 255 })
  }
}

/// An address and how many of its bits are the network's.
package struct IPNetwork: Sendable, Equatable {
  let address: IPAddress
  let length: Int

  init(address: IPAddress, length: Int) {
    self.address = address
    self.length = length
  }

  package init?(_ text: String) {
    guard let slash = text.lastIndex(of: "/"), let address = IPAddress(String(text[..<slash])) else { return nil }
    let digits = text[text.index(after: slash)...]
    guard !digits.isEmpty, digits.utf8.count <= 3, digits.utf8.allSatisfy(Lexer.isDigit),
      digits.utf8.count == 1 || !digits.hasPrefix("0"),
      let length = Int(digits), length <= address.bytes.count * 8
    else { return nil }
    self.init(address: address, length: length)
  }

  var text: String { "\(address.text)/\(length)" }

  /// With zeros behind the network's bits.
  var masked: IPNetwork { IPNetwork(address: IPNetwork.mask(address, length), length: length) }

  private static func mask(_ address: IPAddress, _ length: Int) -> IPAddress {
    IPAddress(
      bytes: address.bytes.enumerated().map { place, byte in
        let bits = min(8, max(0, length - place * 8))
        return bits == 0 ? 0 : byte & (0xFF << UInt8(8 - bits))
      })
  }

  func contains(_ other: IPAddress) -> Bool {
    other.bytes.count == address.bytes.count && IPNetwork.mask(other, length) == IPNetwork.mask(address, length)
  }

  func contains(_ other: IPNetwork) -> Bool { length <= other.length && contains(other.address) }
}
