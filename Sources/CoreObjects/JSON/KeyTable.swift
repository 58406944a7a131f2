/// The fixed vocabulary: every member name of the schema, with an open-addressing index over their bytes.
///
/// Immutable after its construction, hence safe to share. Capacity is four times the number of names.
struct KeyTable: @unchecked Sendable {
  static let shared = KeyTable(schemaVocabulary)

  private let names: [String]
  private let bytes: UnsafeMutablePointer<UInt8>  // every `"name":` back to back
  private let offsets: UnsafeMutablePointer<UInt32>  // of the opening quote; names.count + 1 entries
  private let slots: UnsafeMutablePointer<UInt16>  // id + 1; 0 is free
  private let mask: Int

  /// Every program begins with it, hence no string or array on the way but the names.
  init(_ text: StaticString) {
    let source = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    let count = source.count { $0 == 0x20 } + 1
    var capacity = 1
    while capacity < count * 4 { capacity *= 2 }
    mask = capacity - 1
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: 0, count: capacity)
    bytes = .allocate(capacity: source.count + 3 * count + 8)
    offsets = .allocate(capacity: count + 1)
    var names: [String] = []
    names.reserveCapacity(count)
    var (start, end) = (0, 0)
    while start < source.count {
      var after = start
      while after < source.count, source[after] != 0x20 { after += 1 }
      let name = UnsafeBufferPointer(rebasing: source[start..<after])
      names.append(String(decoding: name, as: UTF8.self))
      offsets[names.count - 1] = UInt32(end)
      bytes[end] = UInt8(ascii: "\"")
      if let first = name.baseAddress { (bytes + end + 1).update(from: first, count: name.count) }
      bytes[end + name.count + 1] = UInt8(ascii: "\"")
      bytes[end + name.count + 2] = UInt8(ascii: ":")
      end += name.count + 3
      start = after + 1
      var slot = KeyTable.hash(name.baseAddress ?? UnsafePointer(bytes), name.count) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = UInt16(names.count)
    }
    offsets[names.count] = UInt32(end)
    self.names = names
  }

  func name(_ id: Int) -> String { names[id] }

  /// `"name":`, ready to be copied to the output.
  @inline(__always) func text(_ id: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: bytes + Int(offsets[id]), count: Int(offsets[id + 1] - offsets[id]))
  }

  /// The number of a name, or -1.
  @inline(__always) func find(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int {
    guard let start else { return -1 }
    var slot = KeyTable.hash(start, count) & mask
    while true {
      let entry = Int(slots[slot])
      if entry == 0 { return -1 }
      let offset = Int(offsets[entry - 1])
      if Int(offsets[entry]) - offset - 3 == count && equal(bytes + offset + 1, start, count) { return entry - 1 }
      slot = (slot + 1) & mask
    }
  }

  @inline(__always) private func equal(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    var i = 0
    while i &+ 8 <= count {
      if load8(a + i) != load8(b + i) { return false }
      i &+= 8
    }
    while i < count {
      if a[i] != b[i] { return false }
      i &+= 1
    }
    return true
  }

  @inline(__always) static func hash(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int {
    var h: UInt64
    if count >= 8 {
      let tail = load8(start + count - 8)
      h = load8(start) ^ (tail << 23 | tail >> 41)
    } else if count >= 4 {
      h = load4(start) | load4(start + count - 4) << 32
    } else if count > 0 {
      h = UInt64(start[0]) | UInt64(start[count >> 1]) << 8 | UInt64(start[count - 1]) << 16
    } else {
      h = 0
    }
    h = (h ^ UInt64(truncatingIfNeeded: count)) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: h >> 40)
  }
}

@inline(__always) func load8(_ p: UnsafePointer<UInt8>) -> UInt64 { UnsafeRawPointer(p).loadUnaligned(as: UInt64.self) }
@inline(__always) func load4(_ p: UnsafePointer<UInt8>) -> UInt64 { UInt64(UnsafeRawPointer(p).loadUnaligned(as: UInt32.self)) }
