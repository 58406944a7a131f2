/// Whose files are read.
package enum LoadFormat: String, Sendable, CaseIterable {
  /// Prometheus' answer to a range query, in JSON.
  case prometheus
  /// OpenMetrics or Prometheus' text format, with timestamps.
  case openMetrics = "openmetrics"
  case csv

  /// By the end of a file's name; nil where it says nothing.
  package init?(fileName: String) {
    switch fileName.split(separator: ".", omittingEmptySubsequences: false).last.map({ $0.lowercased() }) {
    case "json": self = .prometheus
    case "om", "prom", "openmetrics", "metrics": self = .openMetrics
    case "csv", "tsv": self = .csv
    default: return nil
    }
  }

  /// By how a file begins. Prometheus' dumps begin with a brace too, but a name comes after it.
  init(_ first: UInt8, _ second: UInt8) {
    switch first {
    case UInt8(ascii: "["): self = .prometheus
    case UInt8(ascii: "{"): self = second == UInt8(ascii: "_") ? .openMetrics : .prometheus
    case UInt8(ascii: "#"): self = .openMetrics
    default: self = .csv
    }
  }
}
