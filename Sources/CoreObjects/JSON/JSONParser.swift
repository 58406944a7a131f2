/// Reads UTF-8 JSON into the value tree. Duplicate keys: the last one wins and is reported.
package struct JSONParser: ~Copyable {
  /// How deep arrays and objects may nest.
  package static let depthLimit = 256

  private var scanner: JSONScanner
  private var values = Stack<JSON>(capacity: 32)
  private var members = Stack<Member>(capacity: 64)
  private var duplicates: [String] = []
  /// The depth that is left in the object whose managedFields are being read; 0 outside of any.
  private var managedDepth = 0

  /// Parses one value and nothing after it.
  /// - Throws: `JSONError` with the byte offset.
  package static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSON { try parseReportingDuplicates(bytes).value }

  package static func parse(_ text: String) throws(JSONError) -> JSON { try parse(Array(text.utf8)) }

  /// As `parse`; also the names of keys that stood more than once in one object.
  package static func parseReportingDuplicates(_ bytes: [UInt8]) throws(JSONError) -> (value: JSON, duplicates: [String]) {
    var result: Result<(value: JSON, duplicates: [String]), JSONError> = .failure(.endOfInput)
    bytes.withUnsafeBufferPointer { buffer in
      do throws(JSONError) {
        if let offset = UTF8Validation.firstInvalidByte(buffer) { throw .invalidUTF8(offset: offset) }
        var parser = JSONParser(scanner: JSONScanner(buffer))
        let value = try parser.value(JSONParser.depthLimit)
        parser.scanner.skipSpace()
        if parser.scanner.position != parser.scanner.count { throw .syntax(offset: parser.scanner.position) }
        result = .success((value, parser.duplicates))
      } catch {
        result = .failure(error)
      }
    }
    return try result.get()
  }

  private init(scanner: JSONScanner) { self.scanner = scanner }

  private mutating func value(_ depth: Int) throws(JSONError) -> JSON {
    switch try scanner.peek() {
    case 0x22:
      let (start, end, escaped) = try scanner.string()
      return .string(scanner.text(start, end, escaped: escaped))
    case 0x7B: return try object(depth)
    case 0x5B: return try array(depth)
    case 0x74:
      try scanner.literal("true")
      return .bool(true)
    case 0x66:
      try scanner.literal("false")
      return .bool(false)
    case 0x6E:
      try scanner.literal("null")
      return .null
    default: return try scanner.number()
    }
  }

  private mutating func array(_ depth: Int) throws(JSONError) -> JSON {
    if depth == 0 { throw .tooDeep(limit: JSONParser.depthLimit) }
    scanner.position &+= 1
    if try scanner.peek() == 0x5D {
      scanner.position &+= 1
      return .array([])
    }
    let start = values.count
    while true {
      let known = duplicates.count
      values.push(try value(depth &- 1))
      if duplicates.count > known { prefixDuplicates(from: known, "[\(values.count - start - 1)]") }
      let c = try scanner.peek()
      scanner.position &+= 1
      if c == 0x5D { return .array(values.pop(to: start)) }
      if c != 0x2C { throw .syntax(offset: scanner.position &- 1) }
    }
  }

  private mutating func object(_ depth: Int) throws(JSONError) -> JSON {
    if depth == 0 { throw .tooDeep(limit: JSONParser.depthLimit) }
    scanner.position &+= 1
    if try scanner.peek() == 0x7D {
      scanner.position &+= 1
      return .object([])
    }
    let start = members.count
    while true {
      if try scanner.peek() != 0x22 { throw .syntax(offset: scanner.position) }
      let (from, end, escaped) = try scanner.string()
      let id = escaped ? -1 : KeyTable.shared.find(scanner.base + from, end &- from)
      try scanner.expect(0x3A)
      let key: Key = id >= 0 ? .known(UInt32(truncatingIfNeeded: id)) : Key(scanner.text(from, end, escaped: escaped))
      // Elsewhere "fieldsV1" may name anything: a text in a ConfigMap, a property of a schema that describes managedFields.
      if key == .fieldsV1, depth == managedDepth &- 2, try scanner.peek() == 0x7B {
        let from = scanner.position
        try scanner.skip(depth: depth &- 1)
        let bytes = Array(UnsafeBufferPointer(start: scanner.base + from, count: scanner.position - from))
        members.push(Member(key: key, value: .raw(bytes)))
      } else {
        let known = duplicates.count
        let outer = managedDepth
        if key == .managedFields { managedDepth = depth }
        members.push(Member(key: key, value: try value(depth &- 1)))
        managedDepth = outer
        if duplicates.count > known { prefixDuplicates(from: known, key.name) }
      }
      let c = try scanner.peek()
      scanner.position &+= 1
      if c == 0x7D {
        return .object(hasDuplicates(from: start) ? lastOfEach(members.pop(to: start)) : members.pop(to: start))
      }
      if c != 0x2C { throw .syntax(offset: scanner.position &- 1) }
    }
  }

  /// Paths are put together on the way out: who sends nothing twice does not pay for them.
  private mutating func prefixDuplicates(from first: Int, _ prefix: String) {
    for index in first..<duplicates.count {
      duplicates[index] = prefix + (duplicates[index].hasPrefix("[") ? "" : ".") + duplicates[index]
    }
  }

  /// Quadratic on integers while small, hashed when large.
  private func hasDuplicates(from start: Int) -> Bool {
    let end = members.count
    if end &- start > 24 {
      var seen = Set<Key>(minimumCapacity: end - start)
      for i in start..<end where !seen.insert(members[i].key).inserted { return true }
      return false
    }
    var i = start &+ 1
    while i < end {
      var j = start
      while j < i {
        if members[j].key == members[i].key { return true }
        j &+= 1
      }
      i &+= 1
    }
    return false
  }

  private mutating func lastOfEach(_ all: [Member]) -> [Member] {
    var kept: [Member] = []
    var places: [Key: Int] = [:]
    for member in all {
      if let place = places[member.key] {
        duplicates.append(member.key.name)
        kept[place] = member
      } else {
        places[member.key] = kept.count
        kept.append(member)
      }
    }
    return kept
  }
}

/// Scratch space in which finished children wait for their parent; they move out without reference counting.
private struct Stack<Element>: ~Copyable {
  private var base: UnsafeMutablePointer<Element>
  private(set) var count = 0
  private var capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
    base = .allocate(capacity: capacity)
  }

  deinit {
    base.deinitialize(count: count)
    base.deallocate()
  }

  subscript(index: Int) -> Element { _read { yield base[index] } }

  @inline(__always) mutating func push(_ value: consuming Element) {
    if count == capacity {
      let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
      larger.moveInitialize(from: base, count: count)
      base.deallocate()
      base = larger
      capacity *= 2
    }
    (base + count).initialize(to: value)
    count &+= 1
  }

  @inline(__always) mutating func pop(to start: Int) -> [Element] {
    let length = count &- start
    let from = base + start
    count = start
    var out: [Element] = []
    out.reserveCapacity(length)
    for i in 0..<length { out.append((from + i).move()) }
    return out
  }
}
