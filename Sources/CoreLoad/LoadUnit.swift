/// Units in which numbers of a load may be given.
package enum LoadUnit {
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
}
