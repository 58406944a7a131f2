/// Percent-encoding of path segments, query values and names of headers.
package enum PercentText {
  /// nil where a % is not followed by two hexadecimal digits or the bytes are no UTF-8.
  package static func decode(_ text: UnsafeBufferPointer<UInt8>, plusIsSpace: Bool) -> String? {
    let percent = UInt8(ascii: "%")
    let plus = UInt8(ascii: "+")
    if !text.contains(where: { $0 == percent || (plusIsSpace && $0 == plus) }) { return String(validating: text, as: UTF8.self) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var rest = text.makeIterator()
    while let byte = rest.next() {
      if byte == percent {
        guard let high = rest.next().flatMap(digit), let low = rest.next().flatMap(digit) else { return nil }
        bytes.append(high << 4 | low)
      } else {
        bytes.append(plusIsSpace && byte == plus ? UInt8(ascii: " ") : byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// One segment of a path.
  package static func encode(_ segment: String) -> String { encode(segment, besides: "-._~!$&'()*+,;=:@") }

  /// A name or value of a query.
  package static func encodeQuery(_ text: String) -> String { encode(text, besides: "-._~") }

  /// The end of a header's name. Source: headerKeyEscape, k8s.io/client-go/transport/round_trippers.go, v0.36.
  package static func encodeHeaderName(_ text: String) -> String { encode(text, besides: "!#$&'*+-.^_`|~") }

  private static func encode(_ text: String, besides allowed: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: bytes.append(byte)
      case _ where allowed.utf8.contains(byte): bytes.append(byte)
      default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
