import CoreObjects

/// Families of metrics in the text format of Prometheus.
struct MetricText {
  enum Kind: String { case counter, gauge }
  typealias Labels = [(name: String, value: String)]

  private(set) var text = ""

  /// One family; none where it has no samples.
  mutating func family(
    _ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: Labels, value: Double, at: Instant?)]
  ) {
    if samples.isEmpty { return }
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    for sample in samples {
      let labels = sample.labels.map { "\($0.name)=\"\(MetricText.escaped($0.value))\"" }
      text += labels.isEmpty ? name : name + "{" + labels.joined(separator: ",") + "}"
      text += " " + MetricText.number(sample.value)
      if let at = sample.at { text += " \(at.nanoseconds / 1_000_000)" }
      text += "\n"
    }
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
  }

  private static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": out += "\\\\"
      case "\"": out += "\\\""
      case "\n": out += "\\n"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
