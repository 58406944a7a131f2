/// Base64 of RFC 4648, section 4, as Secrets carry it.
package enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  package static func encode(_ bytes: [UInt8]) -> String {
    let alphabet = alphabet
    return String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { out in
      var place = 0
      var i = 0
      while i < bytes.count {
        let a = bytes[i]
        let b = i + 1 < bytes.count ? bytes[i + 1] : 0
        let c = i + 2 < bytes.count ? bytes[i + 2] : 0
        out[place] = alphabet[Int(a >> 2)]
        out[place + 1] = alphabet[Int((a & 3) << 4 | b >> 4)]
        out[place + 2] = i + 1 < bytes.count ? alphabet[Int((b & 15) << 2 | c >> 6)] : UInt8(ascii: "=")
        out[place + 3] = i + 2 < bytes.count ? alphabet[Int(c & 63)] : UInt8(ascii: "=")
        i += 3
        place += 4
      }
      return place
    }
  }

  /// nil where the text is not Base64. White space is skipped.
  package static func decode(_ text: String) -> [UInt8]? {
    var out: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    var padding = 0
    for byte in text.utf8 {
      let value: UInt8
      switch byte {
      case 0x41...0x5A: value = byte - 0x41
      case 0x61...0x7A: value = byte - 0x61 + 26
      case 0x30...0x39: value = byte - 0x30 + 52
      case 0x2B: value = 62
      case 0x2F: value = 63
      case 0x3D:
        padding += 1
        continue
      case 0x0A, 0x0D, 0x20, 0x09: continue
      default: return nil
      }
      if padding > 0 { return nil }
      bits = bits << 6 | UInt32(value)
      count += 1
      if count % 4 == 0 {
        out += [UInt8(bits >> 16 & 255), UInt8(bits >> 8 & 255), UInt8(bits & 255)]
        bits = 0
      }
    }
    switch (count % 4, padding) {
    case (0, 0): return out
    case (2, 2): return out + [UInt8(bits >> 4 & 255)]
    case (3, 1): return out + [UInt8(bits >> 10 & 255), UInt8(bits >> 2 & 255)]
    default: return nil
    }
  }
}
