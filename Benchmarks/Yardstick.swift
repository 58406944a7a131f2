/// How fast this machine is just now: a fixed piece of work of the core's kind, on one thread. Text becomes trees, these are looked
/// up by name, changed, written and hashed. Nothing of the project is used, so that it is the same work at every revision.
enum Yardstick {
  /// Seconds of one piece where the practice of bd7fe32 took the 32.2 ms that README told of it: 1.70 times as long, by 200 runs
  /// of both in turns, which bore that ratio from the quickest to the lower quartile.
  private static let referenceSeconds = 0.0547
  private static let rounds = 360

  /// The median of some pieces; 1 is the speed of the reference machine, less is slower.
  static func speed(pieces: Int) -> Double {
    let times = (0..<pieces).map { _ in
      let begin = seconds()
      work()
      return seconds() - begin
    }
    return referenceSeconds / times.sorted()[pieces / 2]
  }

  private static let text: [UInt8] = {
    let objects = (0..<100).map { number -> Tree in
      let labels = (0..<4).map { Member(name: "label-\($0)", value: .text("value-\(number % 7 * $0)")) }
      return .object([
        Member(name: "name", value: .text("object-\(number)")), Member(name: "labels", value: .object(labels)),
        Member(name: "generation", value: .number(number)),
        Member(name: "usage", value: .list((0..<8).map { .number($0 * number) })),
      ])
    }
    var bytes: [UInt8] = []
    Tree.list(objects).write(to: &bytes)
    return bytes
  }()

  private static func work() {
    var sum: UInt64 = 0
    for round in 0..<rounds {
      var reader = TreeReader(bytes: text)
      guard case .list(var objects) = reader.read() else { return }
      var places: [String: Int] = [:]
      for (place, object) in objects.enumerated() {
        if case .object(let members) = object, case .text(let name) = members[0].value { places[name] = place }
      }
      for number in stride(from: round % 3, to: objects.count, by: 3) {
        guard let place = places["object-\(number)"], case .object(var members) = objects[place] else { continue }
        members[2].value = .number(round)
        objects[place] = .object(members)
      }
      var bytes: [UInt8] = []
      Tree.list(objects).write(to: &bytes)
      for byte in bytes { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    // Nothing of it can be left out.
    if sum == 0 { say("") }
  }
}

private struct Member {
  var name: String
  var value: Tree
}

private enum Tree {
  case number(Int)
  case text(String)
  case list([Tree])
  case object([Member])

  func write(to bytes: inout [UInt8]) {
    switch self {
    case .number(let number): bytes += String(number).utf8
    case .text(let text):
      bytes.append(UInt8(ascii: "\""))
      bytes += text.utf8
      bytes.append(UInt8(ascii: "\""))
    case .list(let elements):
      bytes.append(UInt8(ascii: "["))
      for element in elements {
        element.write(to: &bytes)
        bytes.append(UInt8(ascii: ","))
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      for member in members {
        Tree.text(member.name).write(to: &bytes)
        member.value.write(to: &bytes)
        bytes.append(UInt8(ascii: ","))
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }
}

/// Reads what `Tree.write` has written, which is all that it ever sees.
private struct TreeReader {
  let bytes: [UInt8]
  private var place = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func read() -> Tree {
    switch bytes[place] {
    case UInt8(ascii: "\""): return .text(readText())
    case UInt8(ascii: "["):
      var elements: [Tree] = []
      readAll { elements.append($0.read()) }
      return .list(elements)
    case UInt8(ascii: "{"):
      var members: [Member] = []
      readAll { members.append(Member(name: $0.readText(), value: $0.read())) }
      return .object(members)
    default:
      var number = 0
      while bytes[place] >= 48, bytes[place] <= 57 {
        number = number * 10 + Int(bytes[place] - 48)
        place += 1
      }
      return .number(number)
    }
  }

  private mutating func readText() -> String {
    let start = place + 1
    place = bytes[start...].firstIndex(of: UInt8(ascii: "\"")) ?? bytes.count
    defer { place += 1 }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  /// Elements that each end in a comma, up to the closing bracket.
  private mutating func readAll(_ one: (inout TreeReader) -> Void) {
    place += 1
    while bytes[place] != UInt8(ascii: "]"), bytes[place] != UInt8(ascii: "}") {
      one(&self)
      place += 1
    }
    place += 1
  }
}
