import CoreObjects

/// One line of a sample: name and labels, and the words behind them.
struct SampleLine {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var place = 0
  private(set) var name: [UInt8] = []
  /// Of name and labels as they are written.
  private(set) var id: UInt64 = 0
  /// Whether it has all labels that are asked for.
  private(set) var hasLabels = true

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  var peek: UInt8? { place < bytes.count ? bytes[place] : nil }

  mutating func skipBlanks() { while let byte = peek, byte == 0x20 || byte == 0x09 { place += 1 } }

  /// The bytes up to the next blank.
  mutating func word() -> UnsafeBufferPointer<UInt8> {
    skipBlanks()
    let start = place
    while let byte = peek, byte != 0x20, byte != 0x09 { place += 1 }
    return UnsafeBufferPointer(rebasing: bytes[start..<place])
  }

  mutating func labels(_ selection: LoadSelection, _ line: Int) throws(LoadError) {
    let start = place
    name = nameText()
    var found = 0
    if peek == UInt8(ascii: "{") {
      place += 1
      try labelList(selection, &found, line)
    }
    guard !name.isEmpty else { throw LoadError(line: line, "a metric's name is wanted: \"\(bytes.text.excerpt)\"") }
    id = FNV.hash(UnsafeBufferPointer(rebasing: bytes[start..<place]))
    hasLabels = found == selection.labels.count
  }

  private mutating func labelList(_ selection: LoadSelection, _ found: inout Int, _ line: Int) throws(LoadError) {
    while true {
      skipBlanks()
      if peek == UInt8(ascii: "}") {
        place += 1
        return
      }
      let label = peek == UInt8(ascii: "\"") ? try quoted(line) : nameText()
      skipBlanks()
      if peek == UInt8(ascii: "=") {
        place += 1
        skipBlanks()
        guard !label.isEmpty, peek == UInt8(ascii: "\"") else { throw LoadError(line: line, "a label wants NAME=\"VALUE\"") }
        let value = try quoted(line)
        if label.elementsEqual("__name__".utf8) { name = value }
        for wanted in selection.labels where label.elementsEqual(wanted.name.utf8) && value.elementsEqual(wanted.value.utf8) {
          found += 1
        }
      } else {
        // Names beyond letters and digits stand within the braces, in quotes.
        guard name.isEmpty, !label.isEmpty else { throw LoadError(line: line, "a label wants NAME=\"VALUE\"") }
        name = label
      }
      skipBlanks()
      if peek == UInt8(ascii: ",") {
        place += 1
      } else if peek != UInt8(ascii: "}") {
        throw LoadError(line: line, "a comma or } is wanted behind a label")
      }
    }
  }

  private mutating func nameText() -> [UInt8] {
    let start = place
    while let byte = peek, 97...122 ~= byte | 32 || 48...58 ~= byte || byte == 95 || byte == 46 { place += 1 }
    return Array(bytes[start..<place])
  }

  private mutating func quoted(_ line: Int) throws(LoadError) -> [UInt8] {
    place += 1
    var value: [UInt8] = []
    while let byte = peek {
      place += 1
      if byte == UInt8(ascii: "\"") { return value }
      guard byte == UInt8(ascii: "\\"), let escaped = peek else {
        value.append(byte)
        continue
      }
      place += 1
      value.append(escaped == UInt8(ascii: "n") ? 0x0A : escaped)
    }
    throw LoadError(line: line, "a label's value has no end")
  }
}
