/// Follows all ways through a pattern at once. Ways are kept in the order in which the pattern prefers them.
struct PatternMachine {
  /// A way: its step, and where in the text it began.
  private struct Way {
    var step: Int
    var start: Int
  }

  private let program: PatternProgram
  private let bytes: UnsafeBufferPointer<UInt8>
  private var ways: [Way] = []
  private var nextWays: [Way] = []
  private var stack: [Int] = []
  /// In which round a step was reached last: one way is enough.
  private var reached: [Int]
  private var round = 0

  init(_ program: PatternProgram, _ bytes: UnsafeBufferPointer<UInt8>) {
    self.program = program
    self.bytes = bytes
    reached = Array(repeating: 0, count: program.steps.count)
  }

  /// Behind the code point that begins at `place`.
  static func next(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> Int {
    var place = place + 1
    while place < bytes.count, bytes[place] & 0xC0 == 0x80 { place += 1 }
    return place
  }

  /// The first match from `start` on.
  /// - Parameter wantsPlace: otherwise any range says that there is one
  mutating func first(from start: Int, wantsPlace: Bool) -> Range<Int>? {
    ways.removeAll(keepingCapacity: true)
    var found: Range<Int>?
    var place = start
    while true {
      round += 1
      nextWays.removeAll(keepingCapacity: true)
      // Ways of the round before have been followed to here; a new one begins where nothing has matched yet.
      for index in 0..<ways.count {
        if let match = follow(ways[index], place) {
          if !wantsPlace { return match }
          found = match
          // Those behind are preferred less.
          break
        }
      }
      if found == nil, !program.isAnchored || place == 0, let match = follow(Way(step: 0, start: place), place) {
        if !wantsPlace { return match }
        found = match
      }
      if place >= bytes.count || (nextWays.isEmpty && (found != nil || program.isAnchored)) { return found }
      place = advance(place)
    }
  }

  /// Reads a code point: of the ways that wait for one, those go on that it fits.
  private mutating func advance(_ place: Int) -> Int {
    let (value, end) = decode(place)
    ways.removeAll(keepingCapacity: true)
    for way in nextWays {
      if case .scalar(let set) = program.steps[way.step], program.classes[set].contains(value) {
        ways.append(Way(step: way.step + 1, start: way.start))
      }
    }
    return end
  }

  /// Follows a way to the steps that read something. A match where it gets there without.
  private mutating func follow(_ way: Way, _ place: Int) -> Range<Int>? {
    stack.removeAll(keepingCapacity: true)
    stack.append(way.step)
    while let step = stack.popLast() {
      if reached[step] == round { continue }
      reached[step] = round
      switch program.steps[step] {
      case .scalar: nextWays.append(Way(step: step, start: way.start))
      case .assertion(let assertion): if holds(assertion, place) { stack.append(step + 1) }
      case .split(let first, let second):
        stack.append(second)
        stack.append(first)
      case .jump(let target): stack.append(target)
      case .match: return way.start..<place
      }
    }
    return nil
  }

  private func holds(_ assertion: PatternTree.Assertion, _ place: Int) -> Bool {
    switch assertion {
    case .textStart: place == 0
    case .textEnd: place == bytes.count
    case .lineStart: place == 0 || bytes[place - 1] == 0x0A
    case .lineEnd: place == bytes.count || bytes[place] == 0x0A
    case .wordBoundary: isWord(place - 1) != isWord(place)
    case .noWordBoundary: isWord(place - 1) == isWord(place)
    }
  }

  private func isWord(_ place: Int) -> Bool {
    bytes.indices.contains(place) && (Lexer.isLetter(bytes[place]) || Lexer.isDigit(bytes[place]))
  }

  private func decode(_ place: Int) -> (value: UInt32, end: Int) {
    let first = UInt32(bytes[place])
    if first < 0x80 { return (first, place + 1) }
    let end = PatternMachine.next(bytes, place)
    var value = first & (end - place == 2 ? 0x1F : end - place == 3 ? 0x0F : 0x07)
    for byte in bytes[place + 1..<end] { value = value << 6 | UInt32(byte & 0x3F) }
    return (value, end)
  }
}
