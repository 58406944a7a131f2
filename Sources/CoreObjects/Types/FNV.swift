/// FNV-1a of 64 bits, and of 32. Source: RFC 9923.
package enum FNV {
  package static let basis: UInt64 = 0xCBF2_9CE4_8422_2325

  /// - Parameter hash: of what comes before
  package static func hash(_ text: String, _ hash: UInt64 = basis) -> UInt64 {
    var text = text
    return text.withUTF8 { FNV.hash($0, hash) }
  }

  /// - Parameter hash: of what comes before
  package static func hash(_ bytes: UnsafeBufferPointer<UInt8>, _ hash: UInt64 = basis) -> UInt64 {
    var hash = hash
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
  }

  /// - Parameter hash: of what comes before
  package static func hash32(_ bytes: [UInt8], _ hash: UInt32 = 0x811C_9DC5) -> UInt32 {
    var hash = hash
    for byte in bytes { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
    return hash
  }
}
