/// A cell of a table where a number belongs.
enum CellText: Equatable {
  case number(Double)
  /// No number on purpose: an empty cell, NaN, an infinity, locust's N/A, Grafana's undefined.
  case missing
  case text

  private static let missingWords: Set<String> = [
    "", "-", "n/a", "na", "nan", "null", "none", "undefined", "no data", "inf", "+inf", "-inf", "infinity", "+infinity",
    "-infinity",
  ]
  /// In seconds, bytes, and single things; percent stays percent, since nothing shows it together with shares.
  private static let units: [String: Double] = {
    var units: [String: Double] = [
      "%": 1, "Mil": 1e6, "Bil": 1e9, "Tri": 1e12, "Quadr": 1e15, "Quint": 1e18, "m": 1e-3, "u": 1e-6, "µ": 1e-6, "n": 1e-9,
      "B": 1,
      "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "hour": 3600, "day": 86_400, "week": 604_800,
      "mins": 60, "hours": 3600, "days": 86_400, "weeks": 604_800,
    ]
    for (power, letter) in ["K", "M", "G", "T", "P", "E"].enumerated() {
      let (decimal, binary) = (
        (0...power).reduce(1.0) { scale, _ in scale * 1000 }, (0...power).reduce(1.0) { scale, _ in scale * 1024 }
      )
      for unit in [letter, letter + "B"] { units[unit] = decimal }
      for unit in [letter + "i", letter + "iB"] { units[unit] = binary }
    }
    units["k"] = 1000
    units["kB"] = 1000
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
        self = value.isFinite ? .number(value) : .missing
        return
      }
      // A thousandth is no double, a thousand is.
      let unit = UnsafeBufferPointer(rebasing: cell[end...]).trimmed
      self = unit.count <= 20 ? CellText.scale(unit.text).map { .number($0 < 1 ? value / (1 / $0) : value * $0) } ?? .text : .text
      return
    }
    self = cell.count <= 9 && CellText.missingWords.contains(cell.text.lowercased()) ? .missing : .text
  }

  private static func scale(_ unit: String) -> Double? {
    if let scale = units[unit] { return scale }
    guard unit.hasSuffix("/s") else { return nil }
    // "MB/s", "req/s", "K req/s"
    let rest = unit.dropLast(2)
    if let scale = units[String(rest)] { return scale }
    let words = rest.split(separator: " ")
    guard words.count <= 2, words.last?.allSatisfy(\.isLetter) == true else { return nil }
    return words.count == 2 ? units[String(words[0])] : 1
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
