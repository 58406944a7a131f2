import CoreObjects

/// The members of one object of an hpa-cases file. What is misspelled, or is not what its member wants, is refused: a run that
/// leaves it out looks like one that was asked for.
struct HPACaseMembers {
  let tree: JSON
  /// Which object it is, for messages.
  private let place: String

  init(_ tree: JSON, of place: String) {
    self.tree = tree
    self.place = place
  }

  func problem(_ text: String) -> HPACase.Problem { .init(description: "\(place): \(text)") }

  func allow(_ names: String...) throws(HPACase.Problem) {
    guard tree.isObject || tree.isNull else { throw problem("an object is wanted, not \(tree)") }
    for member in tree.members where !names.contains(member.key.name) {
      throw problem("there is no member \(member.key); there are \(names.joined(separator: ", "))")
    }
  }

  /// The first choice where the member is not given.
  func text(_ name: String, oneOf choices: String...) throws(HPACase.Problem) -> String {
    let value = tree[Key(name)]
    if value.isNull { return choices[0] }
    guard let text = value.string, choices.contains(text) else {
      throw problem("\(name) is \(value), which is none of \(choices.joined(separator: ", "))")
    }
    return text
  }

  func whole(_ name: String, _ bounds: ClosedRange<Int>) throws(HPACase.Problem) -> Int? {
    let value = tree[Key(name)]
    if value.isNull { return nil }
    guard let number = value.int, bounds.contains(number) else {
      throw problem("\(name) wants a whole number from \(bounds.lowerBound) to \(bounds.upperBound), not \(value)")
    }
    return number
  }

  /// What a million seconds of are counted in nanoseconds of CPU and still fit 64 bits.
  static let loads = 0.0...4_000_000

  func number(_ name: String) throws(HPACase.Problem) -> Double? {
    let value = tree[Key(name)]
    if value.isNull { return nil }
    guard let number = value.double, Self.loads.contains(number) else {
      throw problem("\(name) wants a number from 0 to 4000000, not \(value)")
    }
    return number
  }
}
