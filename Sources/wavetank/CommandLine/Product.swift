import CoreAPI

/// What the program says of itself.
enum Product {
  static let version = "0.2.0"
  /// Of the version, for the manual.
  static let date = "2026-11-28"
  /// Major and minor of the Kubernetes whose API it serves.
  static let kubernetes = "v\(VersionInfo().major).\(VersionInfo().minor)"
  static let summary = "a Kubernetes API on one machine, with a clock of any speed"
}
