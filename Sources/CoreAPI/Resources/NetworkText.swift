/// A network as somebody wrote it: "10.0.0.0/8".
struct NetworkText {
  let address: AddressText
  /// How many bits of the address count.
  let length: Int

  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = AddressText(parts[0]), let length = UInt8(parts[1]), String(length) == parts[1],
      length <= address.bytes.count * 8
    else { return nil }
    self.address = address
    self.length = Int(length)
  }

  /// The bits of the byte that count.
  private func mask(_ place: Int) -> UInt8 { ~UInt8(truncatingIfNeeded: 0xFF >> min(8, max(0, length - 8 * place))) }

  /// The bits that do not count are 0.
  var isExact: Bool { address.bytes.enumerated().allSatisfy { $1 & ~mask($0) == 0 } }

  func isWider(than part: NetworkText) -> Bool {
    let places = address.bytes.indices
    return length < part.length && places == part.address.bytes.indices
      && places.allSatisfy { address.bytes[$0] & mask($0) == part.address.bytes[$0] & mask($0) }
  }
}
