/// A cell of a table where a number belongs.
enum CellText: Equatable {
  case number(Double, LoadUnit.Measure)
  /// No number on purpose: an empty cell, NaN, an infinity, locust's N/A, Grafana's undefined.
  case missing
  case text

  private static let missingWords: Set<String> = [
    "", "-", "n/a", "na", "nan", "null", "none", "undefined", "no data", "inf", "+inf", "-inf", "infinity", "+infinity",
    "-infinity",
  ]
  /// In seconds, bytes, and single things; percent stays percent, since nothing shows it together with shares.
  private static let units: [String: (scale: Double, measure: LoadUnit.Measure)] = {
    var units: [String: (scale: Double, measure: LoadUnit.Measure)] = [
      "%": (1, .percent), "B": (1, .bytes), "core": (1, .cores), "cores": (1, .cores), "k": (1000, .things), "kB": (1000, .bytes),
    ]
    for (unit, scale) in [("Mil", 1e6), ("Bil", 1e9), ("Tri", 1e12), ("Quadr", 1e15), ("Quint", 1e18)] {
      units[unit] = (scale, .things)
    }
    for (unit, scale) in [("m", 1e-3), ("u", 1e-6), ("µ", 1e-6), ("n", 1e-9)] { units[unit] = (scale, .parts) }
    for (unit, scale) in [
      ("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("μs", 1e-6), ("ms", 1e-3), ("s", 1), ("min", 60), ("hour", 3600),
      ("day", 86_400),
      ("week", 604_800), ("mins", 60), ("hours", 3600), ("days", 86_400), ("weeks", 604_800),
    ] { units[unit] = (scale, .seconds) }
    for (power, letter) in ["K", "M", "G", "T", "P", "E"].enumerated() {
      let (decimal, binary) = (
        (0...power).reduce(1.0) { scale, _ in scale * 1000 }, (0...power).reduce(1.0) { scale, _ in scale * 1024 }
      )
      units[letter] = (decimal, .things)
      units[letter + "B"] = (decimal, .bytes)
      for unit in [letter + "i", letter + "iB"] { units[unit] = (binary, .bytes) }
    }
    return units
  }()

  /// Numbers with or without a unit: those that Grafana writes ("1.5 K", "1.21 GiB", "350 ms", "12%", "3.4K req/s"), and Kubernetes'
  /// quantities ("250m", "64Mi").
  ///
  /// - Parameter hasCommas: decimals may stand behind a comma, as where tables are divided by semicolons.
  init(_ cell: UnsafeBufferPointer<UInt8>, hasCommas: Bool = false) {
    let cell = cell.trimmed
    let comma = UInt8(ascii: ",")
    if hasCommas, cell.contains(comma), !cell.contains(UInt8(ascii: ".")) {
      self = cell.map { $0 == comma ? UInt8(ascii: ".") : $0 }.withUnsafeBufferPointer { CellText($0) }
      return
    }
    if let (value, end) = NumberText.prefix(cell) {
      if end == cell.count {
        self = value.isFinite ? .number(value, .things) : .missing
        return
      }
      // A thousandth is no double, a thousand is.
      let unit = UnsafeBufferPointer(rebasing: cell[end...]).trimmed
      let found = unit.count <= 20 ? CellText.unit(unit.text) : nil
      self = found.map { .number($0.scale < 1 ? value / (1 / $0.scale) : value * $0.scale, $0.measure) } ?? .text
      return
    }
    self = cell.count <= 9 && CellText.missingWords.contains(cell.text.lowercased()) ? .missing : .text
  }

  private static func unit(_ text: String) -> (scale: Double, measure: LoadUnit.Measure)? {
    if let unit = units[text] { return unit }
    guard text.hasSuffix("/s") else { return nil }
    // "MB/s", "req/s", "K req/s"
    let rest = text.dropLast(2)
    if let unit = units[String(rest)] { return (unit.scale, .rate) }
    let words = rest.split(separator: " ")
    guard words.count <= 2, words.last?.allSatisfy(\.isLetter) == true else { return nil }
    return words.count == 2 ? units[String(words[0])].map { ($0.scale, .rate) } : (1, .rate)
  }
}

extension NumberText {
  /// A sample as Prometheus writes it; NaN where it is none that counts (NaN, an infinity), nil where it is no number.
  static func sample(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
    if let value = double(bytes) { return value.isFinite ? value : .nan }
    return bytes.count <= 9
      && ["nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"].contains(bytes.text.lowercased())
      ? .nan : nil
  }
}
