/// Reads JSON in pieces, without a tree: tells what comes, one part after the other.
struct JSONPieces {
  enum Part {
    case startObject, endObject, startArray, endArray
    /// A member's name, a string, a number or one of true, false and null, in `text`.
    case key, string, scalar
  }
  private enum Wanted {
    case value, valueOrEnd, key, keyOrEnd, colon, commaOrEnd, nothing
  }
  private enum Inside {
    case gap, string, escape
    case unicode(digits: Int, unit: UInt32)
    case scalar
  }
  private static let depthLimit = 64
  private static let textLimit = 1 << 16

  /// Of the part that was told last.
  private(set) var text: [UInt8] = []
  private(set) var line = 1
  private var wanted = Wanted.value
  private var inside = Inside.gap
  /// Whether each container that is open is an object.
  private var open: [Bool] = []
  private var isKey = false
  private var highSurrogate: UInt32?

  var isComplete: Bool {
    if case .gap = inside, case .nothing = wanted { return true }
    return false
  }
  /// Whether there was anything but blanks.
  var hasBegun: Bool {
    if case .gap = inside, case .value = wanted { return !open.isEmpty }
    return true
  }

  /// The next part that ends in a piece of the text; nil at the piece's end.
  mutating func next(_ bytes: UnsafeBufferPointer<UInt8>, _ place: inout Int) throws(LoadError) -> Part? {
    while place < bytes.count {
      let byte = bytes[place]
      switch inside {
      case .gap:
        place += 1
        if byte == 0x0A { line += 1 }
        if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { continue }
        if let part = try start(byte) { return part }
      case .string:
        let start = place
        while place < bytes.count, bytes[place] != UInt8(ascii: "\""), bytes[place] != UInt8(ascii: "\\"), bytes[place] >= 0x20 {
          place += 1
        }
        try keep(UnsafeBufferPointer(rebasing: bytes[start..<place]))
        guard place < bytes.count else { return nil }
        place += 1
        if bytes[place - 1] < 0x20 { throw LoadError(line: line, "no JSON: a text is not closed") }
        if bytes[place - 1] == UInt8(ascii: "\\") {
          inside = .escape
          continue
        }
        inside = .gap
        if isKey { wanted = .colon } else { endValue() }
        return isKey ? .key : .string
      case .escape:
        place += 1
        try escape(byte)
      case .unicode(let digits, let unit):
        place += 1
        guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
          throw LoadError(line: line, "no JSON: \\u wants 4 digits")
        }
        let unit = unit << 4 | UInt32(digit)
        if digits < 3 { inside = .unicode(digits: digits + 1, unit: unit) } else { try endUnicode(unit) }
      case .scalar:
        let start = place
        while place < bytes.count, !JSONPieces.endsScalar(bytes[place]) { place += 1 }
        try keep(UnsafeBufferPointer(rebasing: bytes[start..<place]))
        guard place < bytes.count else { return nil }
        return try endScalar()
      }
    }
    return nil
  }

  /// The number at the end of the text is over.
  mutating func finish() throws(LoadError) -> Part? {
    if case .scalar = inside { return try endScalar() }
    return nil
  }

  private func unexpected(_ byte: UInt8) -> LoadError {
    let character = 0x21...0x7E ~= byte ? "\"\(Character(UnicodeScalar(byte)))\"" : "byte \(byte)"
    let isText = byte == UInt8(ascii: "=") || 97...122 ~= byte | 32
    return LoadError(
      line: line, "no JSON: \(character) is not expected here" + (isText ? "; promtool writes JSON with -o json" : ""))
  }

  private mutating func start(_ byte: UInt8) throws(LoadError) -> Part? {
    switch (wanted, byte) {
    case (.colon, UInt8(ascii: ":")): wanted = .value
    case (.commaOrEnd, UInt8(ascii: ",")): wanted = open.last == true ? .key : .value
    case (.keyOrEnd, UInt8(ascii: "}")), (.commaOrEnd, UInt8(ascii: "}")):
      guard open.last == true else { throw unexpected(byte) }
      return end(.endObject)
    case (.valueOrEnd, UInt8(ascii: "]")), (.commaOrEnd, UInt8(ascii: "]")):
      guard open.last == false else { throw unexpected(byte) }
      return end(.endArray)
    case (.key, UInt8(ascii: "\"")), (.keyOrEnd, UInt8(ascii: "\"")), (.value, UInt8(ascii: "\"")),
      (.valueOrEnd, UInt8(ascii: "\"")):
      if case .key = wanted { isKey = true } else if case .keyOrEnd = wanted { isKey = true } else { isKey = false }
      text.removeAll(keepingCapacity: true)
      inside = .string
    case (.value, UInt8(ascii: "{")), (.valueOrEnd, UInt8(ascii: "{")): return try begin(.startObject)
    case (.value, UInt8(ascii: "[")), (.valueOrEnd, UInt8(ascii: "[")): return try begin(.startArray)
    case (.value, _), (.valueOrEnd, _):
      guard 48...57 ~= byte || byte == UInt8(ascii: "-") || 97...122 ~= byte else { throw unexpected(byte) }
      text.removeAll(keepingCapacity: true)
      text.append(byte)
      inside = .scalar
    default: throw unexpected(byte)
    }
    return nil
  }

  private mutating func begin(_ part: Part) throws(LoadError) -> Part {
    guard open.count < JSONPieces.depthLimit else { throw LoadError(line: line, "no answer of Prometheus: nested too deeply") }
    open.append(part == .startObject)
    wanted = part == .startObject ? .keyOrEnd : .valueOrEnd
    return part
  }

  private mutating func end(_ part: Part) -> Part {
    open.removeLast()
    endValue()
    return part
  }

  private mutating func endValue() { wanted = open.isEmpty ? .nothing : .commaOrEnd }

  private static func endsScalar(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
  }

  private mutating func endScalar() throws(LoadError) -> Part {
    let isValue =
      text[0] >= 97
      ? ["true", "false", "null"].contains { text.elementsEqual($0.utf8) }
      : text.withUnsafeBufferPointer { NumberText.double($0) } != nil
    guard isValue else {
      throw LoadError(line: line, "no JSON: \"\(String(decoding: text, as: UTF8.self).excerpt)\"")
    }
    inside = .gap
    endValue()
    return .scalar
  }

  private mutating func keep(_ bytes: UnsafeBufferPointer<UInt8>) throws(LoadError) {
    guard text.count + bytes.count <= JSONPieces.textLimit else {
      throw LoadError(line: line, "a text of more than \(JSONPieces.textLimit) bytes")
    }
    text += bytes
  }

  private mutating func escape(_ byte: UInt8) throws(LoadError) {
    inside = .string
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "u"): inside = .unicode(digits: 0, unit: 0)
    default: throw unexpected(byte)
    }
  }

  private mutating func endUnicode(_ unit: UInt32) throws(LoadError) {
    inside = .string
    if 0xD800..<0xDC00 ~= unit {
      highSurrogate = unit
      return
    }
    var scalar = unit
    if 0xDC00..<0xE000 ~= unit, let high = highSurrogate { scalar = 0x10000 + (high - 0xD800) << 10 + (unit - 0xDC00) }
    highSurrogate = nil
    text += String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8
  }
}
