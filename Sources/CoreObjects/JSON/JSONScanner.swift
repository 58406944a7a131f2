/// Byte-level reading of JSON: white space, strings, numbers, skipping. Positions are byte offsets from 0.
struct JSONScanner {
  let base: UnsafePointer<UInt8>
  let count: Int
  var position = 0

  @inline(__always) init(_ bytes: UnsafeBufferPointer<UInt8>) {
    base = bytes.baseAddress ?? UnsafePointer(KeyTable.shared.text(0).baseAddress!)
    count = bytes.count
  }

  @inline(__always) mutating func skipSpace() {
    while position < count {
      let c = base[position]
      if c > 0x20 || !(c == 0x20 || c == 0x0A || c == 0x0D || c == 0x09) { return }
      position &+= 1
    }
  }

  @inline(__always) mutating func peek() throws(JSONError) -> UInt8 {
    if position < count && base[position] > 0x20 { return base[position] }
    skipSpace()
    if position >= count { throw .endOfInput }
    return base[position]
  }

  @inline(__always) mutating func expect(_ c: UInt8) throws(JSONError) {
    if try peek() != c { throw .syntax(offset: position) }
    position &+= 1
  }

  @inline(__always) mutating func literal(_ text: StaticString) throws(JSONError) {
    let length = text.utf8CodeUnitCount
    if position &+ length > count { throw .endOfInput }
    for i in 0..<length where base[position + i] != text.utf8Start[i] { throw .syntax(offset: position) }
    position &+= length
  }

  /// At the opening quote; leaves the position after the closing one.
  @inline(__always) mutating func string() throws(JSONError) -> (start: Int, end: Int, escaped: Bool) {
    position &+= 1
    let start = position
    while position &+ 8 <= count {
      let mask = JSONScanner.special(load8(base + position))
      if mask == 0 {
        position &+= 8
        continue
      }
      position &+= mask.trailingZeroBitCount >> 3
      if base[position] == 0x22 {
        position &+= 1
        return (start, position &- 1, false)
      }
      return try stringSlow(start)
    }
    return try stringSlow(start)
  }

  @inline(never) private mutating func stringSlow(_ start: Int) throws(JSONError) -> (start: Int, end: Int, escaped: Bool) {
    var escaped = false
    while position < count {
      let c = base[position]
      if c == 0x22 {
        position &+= 1
        return (start, position &- 1, escaped)
      }
      if c < 0x20 { throw .syntax(offset: position) }
      guard c == 0x5C else {
        position &+= 1
        continue
      }
      escaped = true
      guard position + 1 < count else { throw .endOfInput }
      switch base[position + 1] {
      case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: position &+= 2
      case 0x75:
        guard position + 6 <= count else { throw .endOfInput }
        for k in 2..<6 where JSONScanner.hex(base[position + k]) < 0 { throw .syntax(offset: position) }
        position &+= 6
      default: throw .syntax(offset: position)
      }
    }
    throw .endOfInput
  }

  /// High bits mark bytes that are `"`, `\` or below 0x20; exact for the lowest byte marked.
  @inline(__always) static func special(_ x: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let high: UInt64 = 0x8080_8080_8080_8080
    let quote = x ^ 0x2222_2222_2222_2222
    let backslash = x ^ 0x5C5C_5C5C_5C5C_5C5C
    return (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | ((x &- 0x2020_2020_2020_2020) & ~x)) & high
  }

  @inline(__always) static func hex(_ c: UInt8) -> Int {
    switch c {
    case 0x30...0x39: Int(c) - 0x30
    case 0x41...0x46: Int(c) - 55
    case 0x61...0x66: Int(c) - 87
    default: -1
    }
  }

  @inline(__always) func text(_ start: Int, _ end: Int, escaped: Bool) -> String {
    if escaped { return unescape(start, end) }
    return String(decoding: UnsafeBufferPointer(start: base + start, count: end &- start), as: UTF8.self)
  }

  private func unescape(_ start: Int, _ end: Int) -> String {
    var out: [UInt8] = []
    out.reserveCapacity(end - start)
    var k = start
    while k < end {
      let c = base[k]
      guard c == 0x5C else {
        out.append(c)
        k += 1
        continue
      }
      let escape = base[k + 1]
      k += 2
      switch escape {
      case 0x62: out.append(8)
      case 0x66: out.append(12)
      case 0x6E: out.append(10)
      case 0x72: out.append(13)
      case 0x74: out.append(9)
      case 0x75:
        var unit = unit(k)
        k += 4
        if unit >= 0xD800, unit < 0xDC00, k + 6 <= end, base[k] == 0x5C, base[k + 1] == 0x75 {
          let low = self.unit(k + 2)
          if low >= 0xDC00, low < 0xE000 {
            unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            k += 6
          }
        }
        out.append(contentsOf: String(Unicode.Scalar(unit) ?? "\u{FFFD}").utf8)
      default: out.append(escape)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private func unit(_ k: Int) -> UInt32 {
    UInt32(
      JSONScanner.hex(base[k]) << 12 | JSONScanner.hex(base[k + 1]) << 8 | JSONScanner.hex(base[k + 2]) << 4
        | JSONScanner.hex(base[k + 3]))
  }

  /// Reads a number: Int64 where it is whole and fits, else Double.
  @inline(__always) mutating func number() throws(JSONError) -> JSON {
    let start = position
    let negative = base[position] == 0x2D
    if negative { position &+= 1 }
    let digits = position
    var value: UInt64 = 0
    while position < count, base[position] &- 0x30 < 10 {
      value = value &* 10 &+ UInt64(base[position] &- 0x30)
      position &+= 1
    }
    let length = position &- digits
    if length == 0 || (length > 1 && base[digits] == 0x30) { throw .syntax(offset: start) }
    if position < count, base[position] == 0x2E || base[position] | 0x20 == 0x65 { return try fraction(start) }
    if length < 19 { return .int(negative ? 0 &- Int64(bitPattern: value) : Int64(bitPattern: value)) }
    let text = text(start, position, escaped: false)
    if let exact = Int64(text) { return .int(exact) }
    return try double(text, start)
  }

  @inline(never) private mutating func fraction(_ start: Int) throws(JSONError) -> JSON {
    if position < count, base[position] == 0x2E {
      position += 1
      try digits()
    }
    if position < count, base[position] | 0x20 == 0x65 {
      position += 1
      if position < count, base[position] == 0x2B || base[position] == 0x2D { position += 1 }
      try digits()
    }
    return try double(text(start, position, escaped: false), start)
  }

  private mutating func digits() throws(JSONError) {
    let start = position
    while position < count, base[position] &- 0x30 < 10 { position += 1 }
    if start == position { throw .syntax(offset: position) }
  }

  private func double(_ text: String, _ start: Int) throws(JSONError) -> JSON {
    guard let value = Double(text), value.isFinite else { throw .numberOutOfRange(offset: start) }
    return .double(value)
  }

  /// Validates one value and skips it.
  mutating func skip(depth: Int) throws(JSONError) {
    switch try peek() {
    case 0x22: _ = try string()
    case 0x7B: try skipContainer(close: 0x7D, named: true, depth: depth)
    case 0x5B: try skipContainer(close: 0x5D, named: false, depth: depth)
    case 0x74: try literal("true")
    case 0x66: try literal("false")
    case 0x6E: try literal("null")
    default: _ = try number()
    }
  }

  private mutating func skipContainer(close: UInt8, named: Bool, depth: Int) throws(JSONError) {
    if depth == 0 { throw .tooDeep(limit: JSONParser.depthLimit) }
    position &+= 1
    if try peek() == close {
      position &+= 1
      return
    }
    while true {
      if named {
        if try peek() != 0x22 { throw .syntax(offset: position) }
        _ = try string()
        try expect(0x3A)
      }
      try skip(depth: depth &- 1)
      let c = try peek()
      position &+= 1
      if c == close { return }
      if c != 0x2C { throw .syntax(offset: position &- 1) }
    }
  }
}
