/// Time since the run's beginning, as people read it.
package enum Elapsed {
  /// "0:45", "12:05", "1:02:03", "2d 03:04:05": minutes and seconds, with hours and days where there are any.
  package static func text(_ seconds: Double) -> String {
    let whole = Int(max(-1e15, min(seconds, 1e15)).rounded())
    let (days, hours, minutes, rest) = (whole / 86400, whole / 3600 % 24, whole / 60 % 60, whole % 60)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    if days > 0 { return "\(days)d \(two(hours)):\(two(minutes)):\(two(rest))" }
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
  }
}

/// Numbers as people read them.
package enum Decimal {
  /// Rounded to so many places at the most, without zeros behind.
  package static func text(_ value: Double, places: Int) -> String {
    guard value.isFinite else { return "none" }
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 9e15 else { return "\(value)" }
    let (whole, rest) = (Int64(scaled) / Int64(scale), Int64(scaled) % Int64(scale))
    var digits = String(rest)
    digits = String(repeating: "0", count: places - min(places, digits.count)) + digits
    while digits.hasSuffix("0") { digits.removeLast() }
    let sign = value < 0 && scaled > 0 ? "-" : ""
    return sign + String(whole) + (digits.isEmpty || places == 0 ? "" : "." + digits)
  }
}
