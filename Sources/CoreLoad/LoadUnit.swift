import CoreObjects

/// Units in which numbers of a load may be given.
package enum LoadUnit {
  /// What a unit measures.
  enum Measure: Sendable {
    /// Thousands or thousandths of anything, which is how Kubernetes writes cores and Grafana large numbers.
    case things, parts
    case percent, bytes, seconds, cores
    /// Anything in a second.
    case rate
  }

  private static let cpu: [(name: String, factor: Double)] = [("cores", 1), ("m", 0.001), ("n", 1e-9)]
  private static let memory: [(name: String, factor: Double)] = [
    ("bytes", 1), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("Ki", 1024), ("Mi", 1_048_576), ("Gi", 1_073_741_824),
  ]

  /// What numbers in a unit are multiplied with: cores of CPU and bytes of memory have 1, as have all numbers of other metrics.
  /// - Throws: where the unit does not fit the metric.
  package static func factor(_ unit: String?, metric: String) throws(LoadError) -> Double {
    guard let unit else { return 1 }
    let units = metric == "cpu" ? cpu : metric == "memory" ? memory : []
    if let found = units.first(where: { $0.name == unit }) { return found.factor }
    if units.isEmpty { throw LoadError("'\(unit)' is no unit of \(metric): its numbers are taken as they are") }
    throw LoadError("'\(unit)' is no unit of \(metric): \(units.map(\.name).joined(separator: ", ")) are")
  }

  /// - Throws: where a quantity measures something else than the metric: bytes are no cores, and nothing uses a part of a byte.
  package static func amount(_ text: String?, metric: String) throws(LoadError) -> Double {
    guard let text, let quantity = Quantity(text) else { throw LoadError("a number is missing") }
    if metric == "cpu", quantity.format == .binarySI { throw misfit(text, metric) }
    if metric == "memory", quantity.nano % 1_000_000_000 != 0 { throw misfit(text, metric) }
    return Double(quantity.nano) / 1e9
  }

  private static func misfit(_ text: String, _ metric: String) -> LoadError {
    LoadError("\"\(text.excerpt)\" is no amount of \(metric): \(wanted(metric))")
  }

  fileprivate static func wanted(_ metric: String) -> String {
    metric == "cpu" ? "cores are wanted, such as 1.5 or 250m" : "bytes are wanted, such as 64Mi"
  }
}

extension LoadSelection {
  /// Whether numbers with such a unit can be what the load is measured in. A counter of CPU counts seconds.
  func fits(_ measure: LoadUnit.Measure) -> Bool {
    switch (metric, measure) {
    case ("cpu", .seconds): isRate
    case ("cpu", .bytes), ("cpu", .rate), ("memory", .seconds), ("memory", .cores), ("memory", .rate): false
    // Of what it is a share only a factor can say.
    case ("cpu", .percent), ("memory", .percent): factor != 1 && !hasUnit
    // It would be taken twice.
    case (_, .parts), (_, .bytes), (_, .cores): !hasUnit
    default: true
    }
  }

  /// What is said of a number whose unit does not fit.
  func misfit(_ measure: LoadUnit.Measure) -> String {
    let metric = metric ?? ""
    if hasUnit { return "has a unit of its own, beside that of the whole file" }
    if measure == .percent { return "is a share: factor=N says how much \(metric) one percent is" }
    return "is no amount of \(metric): \(LoadUnit.wanted(metric))"
  }

  /// - Throws: where a series is said to be a counter, and the load is what is used now.
  func requireNoCounter(_ name: String, line: Int?) throws(LoadError) {
    if metric != "cpu" || isRate { return }
    throw LoadError(
      line: line,
      "\(name.excerpt) is a counter: its growth in a second is what is used, which 'rate' asks for: --load cpu=FILE,rate")
  }
}
