/// The syntax of the scalars that JSON carries as strings.
enum ScalarSyntax {
  /// RFC 3339: `2026-01-31T12:00:00Z`, with a fraction of a second and an offset where given.
  static func isTime(_ text: String) -> Bool {
    read(text) { bytes in
      guard bytes.count >= 20 else { return false }
      let pattern: StaticString = "0000-00-00T00:00:00"
      for i in 0..<pattern.utf8CodeUnitCount {
        let wanted = pattern.utf8Start[i]
        if wanted == UInt8(ascii: "0") ? !isDigit(bytes[i]) : bytes[i] != wanted { return false }
      }
      func number(_ i: Int) -> UInt8 { (bytes[i] - 48) * 10 + bytes[i + 1] - 48 }
      guard 1...12 ~= number(5), 1...31 ~= number(8), number(11) < 24, number(14) < 60, number(17) < 60 else { return false }
      var i = 19
      if bytes[i] == UInt8(ascii: ".") {
        let start = i + 1
        i = start
        while i < bytes.count, isDigit(bytes[i]) { i += 1 }
        if i == start || i == bytes.count { return false }
      }
      if bytes[i] == UInt8(ascii: "Z") { return i + 1 == bytes.count }
      guard bytes[i] == UInt8(ascii: "+") || bytes[i] == UInt8(ascii: "-"), i + 6 == bytes.count else { return false }
      return isDigit(bytes[i + 1]) && isDigit(bytes[i + 2]) && bytes[i + 3] == UInt8(ascii: ":") && isDigit(bytes[i + 4])
        && isDigit(bytes[i + 5])
    }
  }

  /// A time whose seconds have exactly six decimals. Source: RFC3339Micro, apimachinery/pkg/apis/meta/v1/micro_time.go, v1.36.
  static func isMicroTime(_ text: String) -> Bool {
    guard isTime(text) else { return false }
    return read(text) { bytes in
      bytes.count > 26 && bytes[19] == UInt8(ascii: ".") && (20..<26).allSatisfy { isDigit(bytes[$0]) } && !isDigit(bytes[26])
    }
  }

  /// Standard base64 with padding; line ends are allowed, as upstream's decoder allows them.
  static func isBase64(_ text: String) -> Bool {
    read(text) { bytes in
      var count = 0
      var padding = 0
      for byte in bytes where byte != 10 && byte != 13 {
        count += 1
        if byte == UInt8(ascii: "=") {
          padding += 1
        } else if padding > 0 || !isBase64Digit(byte) {
          return false
        }
      }
      return count % 4 == 0 && padding <= 2
    }
  }

  private static func isBase64Digit(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "/"): true
    default: false
    }
  }

  @inline(__always) private static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

  private static func read(_ text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Bool) -> Bool {
    if let answer = text.utf8.withContiguousStorageIfAvailable(body) { return answer }
    var copy = text
    return copy.withUTF8(body)
  }
}
