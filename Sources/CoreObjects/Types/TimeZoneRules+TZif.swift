package struct TimeZoneFileError: Error, Equatable { package var message: String }

extension TimeZoneRules {
  /// The file of one zone (RFC 8536): changes in 64 bits and the rule after the last one where the version is 2 or later,
  /// changes in 32 bits otherwise. Leap seconds are passed over, as Unix time has none.
  package init(tzif bytes: [UInt8]) throws(TimeZoneFileError) {
    var reader = TZifReader(bytes: bytes)
    let first = try reader.header()
    guard first.version >= UInt8(ascii: "2") else {
      self.init(try reader.block(first, timeSize: 4), tail: nil)
      return
    }
    try reader.skip(first.size(timeSize: 4))
    let second = try reader.header()
    let block = try reader.block(second, timeSize: 8)
    self.init(block, tail: try reader.footer())
  }

  private init(_ block: TZifReader.Block, tail: PosixTimeZone?) {
    self.init(transitions: block.transitions, initialOffset: block.initialOffset, tail: tail)
  }
}

/// Goes through the bytes of a zone's file from front to back.
private struct TZifReader {
  /// The longest file of the tz database has 2 000 changes to come; nothing real is near these.
  static let limitBytes = 1 << 20
  static let longestOffset = 26 * 3600

  struct Header {
    var version: UInt8
    var utcFlags: Int
    var standardFlags: Int
    var leapSeconds: Int
    var changes: Int
    var types: Int
    var characters: Int

    func size(timeSize: Int) -> Int {
      changes * (timeSize + 1) + types * 6 + characters + leapSeconds * (timeSize + 4) + standardFlags + utcFlags
    }
  }
  struct Block {
    var transitions: [TimeZoneRules.Transition]
    var initialOffset: Int
  }

  let bytes: [UInt8]
  private var place = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  private func need(_ count: Int) throws(TimeZoneFileError) {
    guard bytes.count <= TZifReader.limitBytes else { throw TimeZoneFileError(message: "the file has more than 1 MiB") }
    guard count <= bytes.count - place else {
      throw TimeZoneFileError(message: "the file ends at byte \(bytes.count), too early")
    }
  }

  mutating func skip(_ count: Int) throws(TimeZoneFileError) {
    try need(count)
    place += count
  }

  private mutating func integer(_ size: Int) throws(TimeZoneFileError) -> Int64 {
    try need(size)
    var value: UInt64 = bytes[place] & 0x80 != 0 ? .max : 0
    for byte in bytes[place..<place + size] { value = value << 8 | UInt64(byte) }
    place += size
    return Int64(bitPattern: value)
  }

  mutating func header() throws(TimeZoneFileError) -> Header {
    try need(44)
    guard bytes[place..<place + 4].elementsEqual("TZif".utf8) else {
      throw TimeZoneFileError(message: "no time zone file: byte \(place) does not begin with \"TZif\"")
    }
    let version = bytes[place + 4]
    place += 20
    var counts: [Int] = []
    for _ in 0..<6 {
      let count = Int(try integer(4))
      guard (0...TZifReader.limitBytes).contains(count) else {
        throw TimeZoneFileError(message: "a count of \(count) is out of range")
      }
      counts.append(count)
    }
    return Header(
      version: version, utcFlags: counts[0], standardFlags: counts[1], leapSeconds: counts[2], changes: counts[3],
      types: counts[4], characters: counts[5])
  }

  mutating func block(_ header: Header, timeSize: Int) throws(TimeZoneFileError) -> Block {
    try need(header.size(timeSize: timeSize))
    guard header.types > 0 else { throw TimeZoneFileError(message: "the file names no offset from UTC") }
    let end = place + header.size(timeSize: timeSize)
    var times: [Int64] = []
    for _ in 0..<header.changes { times.append(try integer(timeSize)) }
    let kinds = bytes[place..<place + header.changes].map(Int.init)
    place += header.changes
    var offsets: [Int] = []
    for _ in 0..<header.types {
      let offset = Int(try integer(4))
      guard abs(offset) < TZifReader.longestOffset else {
        throw TimeZoneFileError(message: "an offset of \(offset) s is out of range")
      }
      offsets.append(offset)
      try skip(2)
    }
    var transitions: [TimeZoneRules.Transition] = []
    for (time, kind) in zip(times, kinds) {
      guard kind < offsets.count else { throw TimeZoneFileError(message: "a change names offset \(kind) of \(offsets.count)") }
      if let last = transitions.last, last.at >= time { throw TimeZoneFileError(message: "the changes are out of order") }
      transitions.append(TimeZoneRules.Transition(at: time, offset: offsets[kind]))
    }
    place = end
    return Block(transitions: transitions, initialOffset: offsets[0])
  }

  /// The rule between two newlines; an empty one says that nothing is known about the future.
  mutating func footer() throws(TimeZoneFileError) -> PosixTimeZone? {
    guard place < bytes.count, bytes[place] == UInt8(ascii: "\n"),
      let end = bytes[(place + 1)...].firstIndex(of: UInt8(ascii: "\n"))
    else { throw TimeZoneFileError(message: "the rule at the end is missing") }
    let text = String(decoding: bytes[place + 1..<end], as: UTF8.self)
    if text.isEmpty { return nil }
    guard let tail = PosixTimeZone(text) else { throw TimeZoneFileError(message: "'\(text)' is no rule for a time zone") }
    return tail
  }
}
