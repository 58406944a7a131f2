/// Durations as numbers with units: Go's and k6's "1h2m3.5s", and with the long units Prometheus' "1d12h".
package enum DurationText {
  private static let short: [Substring: Double] = [
    "h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9,
  ]
  private static let long: [Substring: Double] = ["d": 86_400, "w": 604_800, "y": 31_536_000]

  /// Seconds, or nil.
  ///
  /// - Parameter hasDays: days, weeks and years of 365 days are units too. Go has none: not every day has 24 hours.
  package static func seconds(_ text: String, hasDays: Bool) -> Double? {
    var rest = Substring(text)
    var total = 0.0
    if rest == "0" { return 0 }
    if rest.isEmpty { return nil }
    while !rest.isEmpty {
      let number = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
      rest = rest[number.endIndex...]
      let unit = rest.prefix { $0.isLetter }
      rest = rest[unit.endIndex...]
      guard let value = Double(number), let scale = short[unit] ?? (hasDays ? long[unit] : nil) else { return nil }
      total += value * scale
    }
    return total.isFinite ? total : nil
  }
}
