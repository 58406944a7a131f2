/// An address of IPv4 or IPv6 as somebody wrote it.
struct AddressText: Equatable {
  /// 4 or 16.
  let bytes: [UInt8]

  init?(_ text: some StringProtocol) {
    guard let bytes = AddressText.read(text) else { return nil }
    self.bytes = bytes
  }

  var isIPv6: Bool { bytes.count == 16 }

  private static func read(_ text: some StringProtocol) -> [UInt8]? {
    guard text.utf8.contains(UInt8(ascii: ":")) else {
      let parts = text.split(separator: ".", omittingEmptySubsequences: false)
      let bytes = parts.compactMap { part in
        part == "0" || (part.first != "0" && part.utf8.allSatisfy { (0x30...0x39).contains($0) }) ? UInt8(part) : nil
      }
      return parts.count == 4 && bytes.count == 4 ? bytes : nil
    }
    let halves = text.split(separator: "::", omittingEmptySubsequences: false).map { groups(String($0)) }
    switch halves.count {
    case 1: return halves[0]?.count == 16 ? halves[0] : nil
    case 2:
      guard let front = halves[0], let back = halves[1], front.count + back.count < 16 else { return nil }
      return front + [UInt8](repeating: 0, count: 16 - front.count - back.count) + back
    default: return nil
    }
  }

  /// Of one side of "::"; the last two groups may be written as IPv4.
  private static func groups(_ text: String) -> [UInt8]? {
    if text.isEmpty { return [] }
    var bytes: [UInt8] = []
    for group in text.split(separator: ":", omittingEmptySubsequences: false) {
      if group.utf8.contains(UInt8(ascii: ".")) {
        guard let last = read(group) else { return nil }
        bytes += last
      } else {
        guard group.utf8.count <= 4, let number = UInt16(group, radix: 16), group.first != "+" else { return nil }
        bytes += [UInt8(number >> 8), UInt8(number & 0xFF)]
      }
    }
    return bytes
  }

  /// What upstream calls valid since v1.36 (StrictIPCIDRValidation): no address of IPv4 in the form of IPv6.
  static func isStrict(_ text: String) -> Bool {
    guard let address = AddressText(text) else { return false }
    return !address.isIPv6 || address.bytes.prefix(12) != [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
  }

  /// "10.0.0.0/8": an address, and how many bits of it count; the others are 0.
  static func isNetwork(_ text: String) -> Bool {
    NetworkText(text).map { $0.isExact && isStrict(String(text.prefix { $0 != "/" })) } ?? false
  }

  /// Why an endpoint cannot have it. Source: ValidateEndpointIP, pkg/apis/core/validation, v1.36.
  /// - Parameter isLocal: it may be this machine, on which adapters run beside the cluster: upstream refuses that
  static func problem(asEndpoint text: String, isLocal: Bool = false) -> String? {
    guard isStrict(text), let bytes = AddressText(text)?.bytes else { return "must be an IP address" }
    let isIPv6 = bytes.count == 16
    if bytes.allSatisfy({ $0 == 0 }) { return "is no address of anybody" }
    let isLoopback = isIPv6 ? bytes.last == 1 && bytes.dropLast().allSatisfy { $0 == 0 } : bytes[0] == 127
    if isLoopback { return isLocal ? nil : "is a loopback address" }
    let isLinkLocal = isIPv6 ? bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 : bytes.starts(with: [169, 254])
    if isLinkLocal { return "is in the link-local range" }
    let isMulticast = isIPv6 ? bytes[0] == 0xFF && bytes[1] & 0xF == 2 : bytes.starts(with: [224, 0, 0])
    return isMulticast ? "is in the link-local range of multicast" : nil
  }
}
