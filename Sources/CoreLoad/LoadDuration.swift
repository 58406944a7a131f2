import CoreObjects

/// Durations of a load, as users of k6, Prometheus and Kubernetes write them: "90s", "1m30s", "24h", "7d", "1h2m3.5s", "1d12h".
package enum LoadDuration {
  /// A thousand years.
  private static let limit = 31_536_000_000.0

  package static func seconds(_ text: String) throws(LoadError) -> Double {
    guard let seconds = DurationText.seconds(text, hasDays: true) else {
      let isNumber = Double(text) != nil
      throw LoadError(
        isNumber
          ? "\"\(text.excerpt)\" has no unit: \(text.excerpt)s, \(text.excerpt)m or \(text.excerpt)h?"
          : "\"\(text.excerpt)\" is no duration: 90s, 1m30s, 24h and 7d are")
    }
    guard seconds <= limit else { throw LoadError("\"\(text.excerpt)\" is longer than a thousand years") }
    return seconds
  }
}

extension StringProtocol {
  /// As much of it as belongs into a message.
  var excerpt: String { utf8.count > 40 ? prefix(40) + "…" : String(self) }
}
