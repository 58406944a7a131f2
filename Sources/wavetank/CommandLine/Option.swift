/// A parameter whose value is read as `Value`. The options of a command are the stored properties of a struct: what code reads is
/// therefore in the table, and a misspelt one does not compile.
struct Option<Value: Sendable>: OptionDescription {
  private(set) var parameter: Parameter
  /// Reads the words that were given, which `parameter` has accepted: none, one, or more where it may be repeated.
  let read: @Sendable ([String]) -> Value

  init(
    _ name: String, short: Character? = nil, value valueName: String = "", _ kind: Parameter.Kind, _ summary: String,
    default defaultText: String = "", isRequired: Bool = false, isRepeated: Bool = false,
    read: @escaping @Sendable ([String]) -> Value
  ) {
    parameter = Parameter(
      name: name, short: short, valueName: valueName, kind: kind, summary: summary, defaultText: defaultText,
      isRequired: isRequired, isRepeated: isRepeated)
    self.read = read
  }

  /// Refused unless one of these options is given as well.
  func only(with options: String...) -> Self {
    var option = self
    option.parameter.companions = options
    return option
  }

  /// Refused where one of these options is given as well.
  func never(with options: String...) -> Self {
    var option = self
    option.parameter.opponents = options
    return option
  }
}

/// An option whatever its value is.
protocol OptionDescription: Sendable {
  var parameter: Parameter { get }
}

extension Option<Bool> {
  static func flag(_ name: String, short: Character? = nil, _ summary: String) -> Self {
    Self(name, short: short, .flag, summary) { !$0.isEmpty }
  }
}

extension Option<Int> {
  static func wholeNumber(
    _ name: String, _ valueName: String, _ range: ClosedRange<Int>, default standard: Int, _ summary: String
  ) -> Self {
    Self(name, value: valueName, .wholeNumber(range), summary, default: "\(standard)") {
      $0.last.flatMap(Double.init).flatMap(Int.init(exactly:)) ?? standard
    }
  }
}

extension Option<Double> {
  static func number(
    _ name: String, _ valueName: String, _ range: ClosedRange<Double>, default standard: Double, _ summary: String
  ) -> Self {
    Self(name, value: valueName, .number(range), summary, default: Parameter.plain(standard)) {
      $0.last.flatMap(Double.init) ?? standard
    }
  }
}

extension Option<String?> {
  static func value(
    _ name: String, short: Character? = nil, _ valueName: String, _ kind: Parameter.Kind, _ summary: String,
    default defaultText: String = ""
  ) -> Self {
    Self(name, short: short, value: valueName, kind, summary, default: defaultText) { $0.last }
  }
}

extension Option<String?> {
  /// A word of the line that may be left out.
  static func optionalArgument(_ name: String, _ kind: Parameter.Kind, _ summary: String) -> Self {
    Self(name, kind, summary) { $0.last }
  }
}

extension Option<String> {
  static func value(
    _ name: String, short: Character? = nil, _ valueName: String, _ kind: Parameter.Kind, default standard: String,
    _ summary: String
  ) -> Self {
    Self(name, short: short, value: valueName, kind, summary, default: standard) { $0.last ?? standard }
  }

  static func required(_ name: String, _ valueName: String, _ kind: Parameter.Kind, _ summary: String) -> Self {
    Self(name, value: valueName, kind, summary, isRequired: true) { $0.last ?? "" }
  }

  static func argument(_ name: String, _ kind: Parameter.Kind, _ summary: String) -> Self {
    Self(name, kind, summary, isRequired: true) { $0.last ?? "" }
  }
}

extension Option<[String]> {
  /// May be given again and again.
  static func list(
    _ name: String, short: Character? = nil, _ valueName: String, _ kind: Parameter.Kind, _ summary: String
  ) -> Self {
    Self(name, short: short, value: valueName, kind, summary, isRepeated: true) { $0 }
  }

  /// What is left of the line; after `--` also what looks like an option.
  static func arguments(_ name: String, _ kind: Parameter.Kind, isRequired: Bool = false, _ summary: String) -> Self {
    Self(name, kind, summary, isRequired: isRequired, isRepeated: true) { $0 }
  }
}

extension Option where Value: RawRepresentable<String> & CaseIterable {
  static func choice(_ name: String, _ summary: String) -> Self {
    Self(name, .choice(Value.allCases.map(\.rawValue)), summary, isRequired: true) { Value(rawValue: $0.last!)! }
  }
}
