import Daemon
import Glibc

enum Usage {
  static let text = """
    wavetank: a Kubernetes API on one machine, with a clock of any speed

      wavetank up [--nodes N] [--speed N] [--port P] [--data-dir D] [--kubeconfig F] [--detach] [--without-containers]
      wavetank down | status [--data-dir D]
      wavetank load docker-image NAME | load image-archive FILE      [--data-dir D]
      wavetank image pack NAME PROGRAM | pack-tools NAME | list | rm NAME
      wavetank practice [--speed N] [--app PROGRAM] [--csv FILE] [--data-dir D] [--port P]
      wavetank practice --context NAME [--kubeconfig F] [--csv FILE]
      wavetank practice --simulate [--seed N]
      wavetank explain hpa/NAME [-n NAMESPACE] [--json] [--data-dir D]
      wavetank simulate --hpa-cases FILE

    Exit codes: 0 done, 1 expectations failed, 2 usage, 3 environment.
    """

  /// Ends with exit code 2.
  static func refuse(_ problem: String) -> Never {
    Standard.error("wavetank: \(problem)\n\n\(text)")
    exit(2)
  }
}

/// Options of the form --name value, and flags.
struct Options {
  private var values: [String: String] = [:]
  private var flags: Set<String> = []

  init(_ arguments: [String], options: [String], flags known: [String] = []) {
    var rest = arguments[...]
    while let word = rest.popFirst() {
      if known.contains(word) {
        flags.insert(word)
      } else if options.contains(word) {
        guard let value = rest.popFirst() else { Usage.refuse("\(word) wants a value") }
        values[word] = value
      } else if let equals = word.firstIndex(of: "="), options.contains(String(word[..<equals])) {
        values[String(word[..<equals])] = String(word[word.index(after: equals)...])
      } else {
        Usage.refuse("unknown option '\(word)'")
      }
    }
  }

  func has(_ flag: String) -> Bool { flags.contains(flag) }
  func text(_ name: String) -> String? { values[name] }

  func number(_ name: String, _ range: ClosedRange<Double>) -> Double? {
    guard let text = values[name] else { return nil }
    guard let number = Double(text), range.contains(number) else {
      Usage.refuse("\(name) wants a number from \(plain(range.lowerBound)) to \(plain(range.upperBound)), not '\(text)'")
    }
    return number
  }

  /// "50", not "50.0".
  private func plain(_ number: Double) -> String { Int64(exactly: number).map(String.init) ?? "\(number)" }

  /// Where the cluster keeps its data: --data-dir, else $XDG_DATA_HOME/wavetank or ~/.local/share/wavetank.
  var dataDirectory: String {
    if let given = values["--data-dir"] { return given }
    if let base = getenv("XDG_DATA_HOME") { return String(cString: base) + "/wavetank" }
    return (getenv("HOME").map { String(cString: $0) } ?? "/root") + "/.local/share/wavetank"
  }
}
