import CoreObjects

/// A field that holds a number or a percentage: 3 or "25%".
enum CountOrPercent {
  /// nil for anything else. Source: GetScaledValueFromIntOrPercent, k8s.io/apimachinery/pkg/util/intstr, v0.36.
  static func resolve(_ value: JSON, of total: Int, roundingUp: Bool) -> Int? {
    if let count = value.int { return max(0, count) }
    guard let text = value.string, text.hasSuffix("%"), let percent = Int(text.dropLast()), percent >= 0 else { return nil }
    let (scaled, overflow) = total.multipliedReportingOverflow(by: percent)
    if overflow { return total }
    return roundingUp ? (scaled + 99) / 100 : scaled / 100
  }
}
