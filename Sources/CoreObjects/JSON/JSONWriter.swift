/// Growable UTF-8 output.
package struct JSONWriter: ~Copyable {
  private var base: UnsafeMutablePointer<UInt8>
  package private(set) var count = 0
  private var capacity: Int

  package init(capacity: Int = 1024) {
    self.capacity = capacity
    base = .allocate(capacity: capacity)
  }

  deinit { base.deallocate() }

  package func bytes() -> [UInt8] { Array(UnsafeBufferPointer(start: base, count: count)) }

  package mutating func write(_ value: JSON) {
    switch value {
    case .null: literal("null")
    case .bool(let flag): if flag { literal("true") } else { literal("false") }
    case .int(let number): int(number)
    case .double(let number): double(number)
    case .string(let text): string(text)
    case .array(let elements):
      byte(0x5B)
      for i in elements.indices {
        if i > 0 { byte(0x2C) }
        write(elements[i])
      }
      byte(0x5D)
    case .object(let members):
      byte(0x7B)
      for i in members.indices {
        if i > 0 { byte(0x2C) }
        key(members[i].key)
        write(members[i].value)
      }
      byte(0x7D)
    case .raw(let bytes): raw(bytes)
    }
  }

  package mutating func raw(_ bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer { if let start = $0.baseAddress { copy(start, $0.count) } }
  }

  package mutating func literal(_ text: StaticString) { copy(text.utf8Start, text.utf8CodeUnitCount) }

  @inline(__always) package mutating func byte(_ value: UInt8) {
    need(1)
    base[count] = value
    count &+= 1
  }

  private mutating func key(_ key: Key) {
    switch key {
    case .known(let id):
      let text = KeyTable.shared.text(Int(id))
      copy(text.baseAddress!, text.count)
    case .other(let box):
      string(box.name)
      byte(0x3A)
    }
  }

  package mutating func string(_ text: String) {
    var text = text
    text.withUTF8 { quoted($0.baseAddress, $0.count) }
  }

  @inline(__always) private mutating func need(_ more: Int) { if count &+ more > capacity { grow(more) } }

  @inline(never) private mutating func grow(_ more: Int) {
    let larger = max(capacity * 2, count + more)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    moved.update(from: base, count: count)
    base.deallocate()
    base = moved
    capacity = larger
  }

  @inline(__always) private mutating func copy(_ start: UnsafePointer<UInt8>, _ length: Int) {
    need(length)
    (base + count).update(from: start, count: length)
    count &+= length
  }

  private mutating func quoted(_ start: UnsafePointer<UInt8>?, _ length: Int) {
    need(length &* 6 &+ 2)
    base[count] = 0x22
    count &+= 1
    if let start {
      var i = 0
      var clean = true
      while i &+ 8 <= length {
        if JSONScanner.special(load8(start + i)) != 0 {
          clean = false
          break
        }
        i &+= 8
      }
      while clean && i < length {
        let c = start[i]
        if c < 0x20 || c == 0x22 || c == 0x5C { clean = false }
        i &+= 1
      }
      if clean { copy(start, length) } else { escape(start, length) }
    }
    base[count] = 0x22
    count &+= 1
  }

  @inline(never) private mutating func escape(_ start: UnsafePointer<UInt8>, _ length: Int) {
    for i in 0..<length {
      let c = start[i]
      if c >= 0x20 && c != 0x22 && c != 0x5C {
        base[count] = c
        count &+= 1
        continue
      }
      base[count] = 0x5C
      count &+= 1
      switch c {
      case 0x0A: short(0x6E)
      case 0x0D: short(0x72)
      case 0x09: short(0x74)
      case 0x22, 0x5C: short(c)
      default:
        short(0x75)
        short(0x30)
        short(0x30)
        short(JSONWriter.hexDigit(c >> 4))
        short(JSONWriter.hexDigit(c & 15))
      }
    }
  }

  @inline(__always) private mutating func short(_ c: UInt8) {
    base[count] = c
    count &+= 1
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

  package mutating func int(_ value: Int64) {
    need(20)
    var rest = value.magnitude
    if value < 0 {
      base[count] = 0x2D
      count &+= 1
    }
    var digits = 1
    var probe = rest
    while probe >= 10 {
      probe /= 10
      digits &+= 1
    }
    var i = count &+ digits
    count = i
    repeat {
      i &-= 1
      base[i] = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30
      rest /= 10
    } while rest != 0
  }

  /// The shortest text that reads back as the same number.
  private mutating func double(_ value: Double) {
    guard value.isFinite else { return literal("null") }
    var text = value == value.rounded() && abs(value) < 1e21 ? String(Int128(value)) : JSONWriter.plain("\(value)")
    text.withUTF8 { copy($0.baseAddress!, $0.count) }
  }

  /// 1.5e-05 as 0.000015, down to a millionth, as Go writes it: an exponent would say that a quantity is to be shown with one.
  private static func plain(_ text: String) -> String {
    guard let mark = text.firstIndex(of: "e"), let exponent = Int(text[text.index(after: mark)...]), -6...(-1) ~= exponent else {
      return text
    }
    let zeros = String(repeating: "0", count: -exponent - 1)
    return (text.first == "-" ? "-0." : "0.") + zeros + text[..<mark].filter(\.isNumber)
  }
}

extension JSON: CustomStringConvertible {
  /// The value as compact JSON.
  package func encoded() -> [UInt8] {
    var writer = JSONWriter()
    writer.write(self)
    return writer.bytes()
  }

  @usableFromInline package var description: String { String(decoding: encoded(), as: UTF8.self) }
}
