/// The horizontal axis that all charts of a report share: seconds since the run's beginning.
struct TimeAxis: Sendable {
  let seconds: Double
  /// Ticks, and whether each is named on a narrow page as well.
  private(set) var ticks: [(second: Double, isCoarse: Bool)] = []

  init(seconds: Double) {
    // Three centuries are enough for an axis.
    self.seconds = max(1, min(seconds, 1e10))
    let steps: [Double] = [
      1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172_800, 604_800,
    ]
    func step(atMost count: Double) -> Double {
      steps.first { self.seconds / $0 <= count } ?? (self.seconds / count / 604_800).rounded(.up) * 604_800
    }
    let coarse = step(atMost: 4)
    let fine = steps.first { self.seconds / $0 <= 10 && (coarse / $0).rounded() * $0 == coarse } ?? coarse
    var second = 0.0
    while second <= self.seconds {
      ticks.append((second, (second / coarse).rounded() * coarse == second))
      second += fine
    }
  }

  /// How far along the axis a second lies, as an attribute: "12.5%".
  func percent(_ second: Double) -> String { Decimal.text(share(second) * 100, places: 2) + "%" }
  func share(_ second: Double) -> Double { max(0, min(1, second / seconds)) }

  /// "0", "45 s", "2:30 min", "5 min", "1:30 h", "2 d", "2 d 6 h"
  static func label(_ second: Double) -> String {
    let whole = Int(second)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    if whole == 0 { return "0" }
    if whole < 60 { return "\(whole) s" }
    let (days, hours, minutes, rest) = (whole / 86400, whole / 3600 % 24, whole / 60 % 60, whole % 60)
    if whole < 3600 { return rest == 0 ? "\(minutes) min" : "\(minutes):\(two(rest)) min" }
    if days == 0 { return minutes == 0 ? "\(hours) h" : "\(hours):\(two(minutes)) h" }
    return hours == 0 ? "\(days) d" : "\(days) d \(hours) h"
  }
}
