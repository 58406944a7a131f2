/// An option or an argument of a command, as parsing, help, completions and the manual see it.
struct Parameter: Sendable {
  /// What may stand as its value.
  enum Kind: Sendable {
    /// No value: it is given or not.
    case flag
    case text
    case file
    case folder
    case number(ClosedRange<Double>)
    case wholeNumber(ClosedRange<Int>)
    case choice([String])
    /// The words of a command.
    case command
    /// KIND/NAME, where KIND is one of these in any case, or one of the words, or a path that begins with one.
    case object(kinds: [String], words: [String])
  }

  /// "--nodes"; of an argument what the help calls it: "NAME".
  let name: String
  /// "n" of "-n".
  let short: Character?
  /// What the help calls its value; "" of flags and arguments.
  let valueName: String
  let kind: Kind
  let summary: String
  /// What holds where it is not given; "" where the summary says it.
  let defaultText: String
  let isRequired: Bool
  let isRepeated: Bool
  /// It has a meaning only beside one of these options.
  var companions: [String] = []
  /// It has no meaning beside these options.
  var opponents: [String] = []

  var isArgument: Bool { !name.hasPrefix("-") }
  var isFlag: Bool { if case .flag = kind { true } else { false } }

  /// What it wants, if the text is not that.
  func refusal(_ text: String) -> String? {
    switch kind {
    case .flag, .text, .file, .folder, .command: return nil
    case .number(let range):
      return Double(text).map(range.contains) == true
        ? nil : "a number from \(Parameter.plain(range.lowerBound)) to \(Parameter.plain(range.upperBound))"
    case .wholeNumber(let range):
      guard let number = Double(text), Double(range.lowerBound)...Double(range.upperBound) ~= number else {
        return "a number from \(range.lowerBound) to \(range.upperBound)"
      }
      return Int(exactly: number) == nil ? "a whole number" : nil
    case .choice(let words): return words.contains(text) ? nil : CommandTable.list(words)
    case .object(let kinds, let words):
      if words.contains(String(text.prefix { $0 != "." })) { return nil }
      let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      return parts.count == 2 && kinds.contains(parts[0].lowercased()) && !parts[1].isEmpty
        ? nil : CommandTable.list(kinds.prefix(1).map { $0 + "/NAME" } + words)
    }
  }

  /// "1 to 50"; "" where any value will do.
  var rangeText: String {
    switch kind {
    case .number(let range): "\(Parameter.plain(range.lowerBound)) to \(Parameter.plain(range.upperBound))"
    case .wholeNumber(let range): "\(range.lowerBound) to \(range.upperBound)"
    default: ""
    }
  }

  /// "50", not "50.0".
  static func plain(_ number: Double) -> String { Int64(exactly: number).map(String.init) ?? "\(number)" }
}
